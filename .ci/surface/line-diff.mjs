const around = 3;

/**
 * What changed between two texts, line by line with three lines around it; "" where nothing did.
 */
export function lineDiff(before, after) {
  if (before === after) return "";
  const edits = editsBetween(before.split("\n"), after.split("\n"));
  const shown = new Set();
  edits.forEach(({ mark }, at) => {
    if (mark === " ") return;
    for (let near = at - around; near <= at + around; near++) shown.add(near);
  });
  const lines = [];
  let last = -1;
  edits.forEach(({ mark, line, number }, at) => {
    if (!shown.has(at)) return;
    if (at !== last + 1) lines.push(`@@ line ${number}`);
    lines.push(`${mark} ${line}`);
    last = at;
  });
  return lines.join("\n");
}

/**
 * The shortest list of kept, taken and added lines: by the longest common subsequence of what
 * differs in the middle.
 */
function editsBetween(before, after) {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head++;
  let tail = 0;
  while (
    tail < Math.min(before.length, after.length) - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  ) {
    tail++;
  }
  const [taken, added] = [before.slice(head, before.length - tail), after.slice(head, after.length - tail)];
  const common = Array.from({ length: taken.length + 1 }, () => new Uint32Array(added.length + 1));
  for (let i = taken.length - 1; i >= 0; i--) {
    for (let j = added.length - 1; j >= 0; j--) {
      common[i][j] =
        taken[i] === added[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
    }
  }
  const edits = before.slice(0, head).map((line, at) => ({ mark: " ", line, number: at + 1 }));
  let [i, j] = [0, 0];
  while (i < taken.length || j < added.length) {
    const number = head + i + 1;
    if (i < taken.length && j < added.length && taken[i] === added[j]) {
      edits.push({ mark: " ", line: taken[i], number });
      i++;
      j++;
    } else if (i < taken.length && (j === added.length || common[i + 1][j] >= common[i][j + 1])) {
      edits.push({ mark: "-", line: taken[i], number });
      i++;
    } else {
      edits.push({ mark: "+", line: added[j], number });
      j++;
    }
  }
  const kept = before.slice(before.length - tail);
  return edits.concat(kept.map((line, at) => ({ mark: " ", line, number: before.length - tail + at + 1 })));
}
