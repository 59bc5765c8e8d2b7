// What the page's charts need of uPlot: lines and bands over time, and where the pointer is. The
// rest is cut out of its text before it is bundled. The hash pins that text: with another version
// the build fails, and somebody has to look at these cuts again.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const knownText = "5dd9b3281aa64b461b42d9945f6adb2649d346502b12281a9ae0d46599a80eba";

/** Functions whose work no chart of the page wants. They stay, and do nothing. */
const emptied = [
  // Curves, steps and bars; what charts share; series and bands that come, go, change or stand out.
  ["bars", "join", "monotoneCubic", "rangeAsinh", "rangeLog", "stepped"],
  [
    "addBand",
    "addSeries",
    "delBand",
    "delSeries",
    "setAlpha",
    "setBand",
    "setFocus",
    "setSeries",
    "toggleDOM",
  ],
  // Times and numbers in words: the page writes its own.
  ["numAxisVals", "numSeriesVal", "timeAxisStamps", "timeAxisVal", "timeAxisVals"],
  ["timeSeriesStamp", "timeSeriesVal"],
  // The legend, and points that follow the pointer.
  ["legendFill", "legendStroke", "setLegend", "setLegendValues", "syncLegend"],
  ["cursorPointFill", "cursorPointShow", "cursorPointSize", "cursorPointStroke", "initCursorPt"],
  // A part that the pointer selects, and what other charts hear of it.
  ["dblClick", "hideSelect", "mouseDown", "mouseUp", "pub", "pubSync", "setSelect", "setSelH", "setSelV"],
  ["_rangeNum", "autoPadSide", "rangeNum", "seriesPointsShow"],
].flat();

/** From the first of two texts up to the second, which stays. */
const cut = [
  // Where other series are below the pointer, and what is selected.
  ["\t\t\t// closest pt values\n", "\t\t}\n\n\t\t// nit: cursor.drag.setSelect"],
  ["\t\t// nit: cursor.drag.setSelect", '\t\t_fire !== false && fire("setCursor");'],
  ["\tif (cursor.dataIdx == null) {\n", "\tconst setCursorEvent ="],
  ["\t\telse {\n\t\t\tif (_l < 0 || _t < 0) {", "\t\tif (snap &&"],
  ["\t\tlet _dragging = dragging;\n", "\t\tmouseLeft1 = -10;\n\t\tmouseTop1 = -10;\n\n\t\tactiveIdxs"],
  ["\t\tif (_dragging)\n", "\t}\n\n\tfunction dblClick"],
  ["\tevents.mousedown = ", "\tif (showCursor) {\n\t\tonMouse(mousedown"],
  ["\t\tonMouse(mousedown, ", "\t\tonMouse(mousemove,"],
  ["\t\tonMouse(dblclick, ", "\t\tcursorPlots.add"],
  ['\ton("click", wrap,', "\tconst under = "],
  ["\tconst seriesIdxMatcher = ", "\tfunction pubSync"],
  ["\tsync.sub(self)", "\tfunction pub("],
  ["\t\tsync.unsub(self)", "\t\tcursorPlots.delete"],
  // What the page never calls.
  ["\tself.setCursor = ", "\tfunction setSelH"],
  ["\tfunction closestIdxFromXpos(", "\tself.posToVal = "],
  ["\tself.valToPos = ", "\tfunction setSelH"],
  ["uPlot.assign = assign", "export {"],
  // What a scale, an axis, a series or the pointer could be told, and is not.
  ["\t\t\t\tif (scaleKey != xScaleKey || (mode == 2 && !isTime)) {", "\t\t\t\tsc.range = fnOrSelf("],
  ["\t// explicitly-set initial scales", "//\tself.tz = "],
  ["\tlet legendTable;\n", "\tconst mouseListeners ="],
  ["\tfunction offMouse(", "\tlet fullWidCss"],
  ["\tlet points = cursor.points;\n", "\tconst focus ="],
  ["\t\tif (mode == 1 || i > 0) {\n\t\t\tlet isTime", "\t\tif (cursorOnePt || i > 0) {"],
  ["\t\tif (showLegend) {\n\t\t\tlet rowCells", '\t\tfire("addSeries", i);'],
  ["\t\t\tif (isArr(axis.incrs)) {", "\t\t\taxis.incrs  = fnOrSelf"],
  ["\t\t\tlet av = axis.values;\n", "\t\t\taxis.filter = fnOrSelf"],
  ["\t\t\tlet scaleData = data;\n", '\t\t}\n\n\t\tresetYSeries(true);\n\n\t\tfire("setData")'],
  ["\t\t// implicitly add dependent scales", "\t\t// explicitly setting the x-scale"],
  ["\t\t// range dependent scales", "\t\tlet changed = {};"],
  [
    "\t\t\t\t\tfor (let i = 0; i < cursorPts.length; i++) {",
    "\t\t\t\t}\n\n\t\t\t\tif (select.show && !shouldSetSelect",
  ],
  ["\tconst drag = cursor.drag;\n", "\tif (showCursor) {\n\t\tif (cursor.x)"],
  ["\tconst select = self.select = ", "\tfunction setSelect("],
  ["\tif (showLegend && cursorFocus) {\n\t\tonMouse(mouseleave", "\tfunction posToVal("],
  ["\tlet setSelX = ", "\tfunction syncLegend("],
  [
    "\t\t\tfor (let i = 0; i < series.length; i++) {\n\t\t\t\tlet pt = cursorPts[i];",
    "\t\t\tif (cursorFocus)\n\t\t\t\tsetSeries(null, FOCUS_TRUE, true, src == null",
  ],
  ["\tpoints: {\n\t\tone:    false,", "\tbind: {"],
  ["\t\tmousedown:   filtBtn0,", "\t\tmousemove:   filtTarg"],
  ["\tdrag: {\n\t\tsetScale: true,", "\tleft: -10,"],
  ["\t\tlegendTable?.remove()", '\t\tfire("destroy")'],
  // Seconds instead of milliseconds; numbers and times in words.
  ["const [ timeIncrsS", "/*\nconsole.log({\n\tdecIncrs"],
  ["// alternative: https://stackoverflow.com/a/2254896", "const M = Math;"],
  ["const months = [", "const localTz"],
  ["const NL =", "function genTimeStuffs"],
  ["const facet = {", "const gaps ="],
  ["const xySeriesOpts", "const ySeriesOpts"],
  ["\t\t[y,           yyyy,", "\t];\n\n\t// the ensures"],
];

/** What is always so in these charts. */
const settled = [
  // One list of times for all series, from left to right.
  [/\bmode == 1\b/g, "true"],
  [/\bmode == 2\b/g, "false"],
  [/\b(?:scaleX|sx)\.ori == 0\b/g, "true"],
  [/\bscaleX\.ori == 1\b/g, "false"],
  // Scales are linear, stand for themselves, and count milliseconds.
  [/\b(?:\w+\.)?(?:distr|xScaleDistr) (?:==|>=) (?:2|3|4|100)\b/g, "false"],
  [/\bsc\.distr == 1\b/g, "true"],
  [/\bms == 1\b/g, "true"],
  [/\btimeAxisSplitsS\(_tzDate\)/g, "0"],
  [/ : timeIncrsS\b/g, " : 0"],
  [/ : _timeAxisStampsS\b/g, " : 0"],
  [/\b(?:scaleOpts|sc|wsc)\.from != null\b/g, "false"],
  [/\bw?sc\.from == null\b/g, "true"],
  // No legend, no selection, no plugin; nothing stands out, is locked or is turned.
  [/^\tconst (?:showLegend|cursorFocus|cursorOnePt) = .*\n/gm, ""],
  [/\b(?:showLegend|cursorFocus|cursorOnePt|multiValLegend)\b(?! =)/g, "false"],
  [/\bconst _fmtDate = .*;/g, "const _fmtDate = 0;"],
  [/^const font {6}= .*$/gm, 'const font = "12px sans-serif";'],
  [/\b(?:legend\.(?:show|live)|select\.show|cursor\._lock)\b(?! =)/g, "false"],
  [/^\tconst legend {5}= .*\n/gm, "\tconst legend = { values: [] };\n"],
  [/^\tconst markers {4}= legend\.markers;\n\n\t\{\n(?:.*\n)*?\t\}\n/gm, ""],
  [/\(opts\.plugins \|\| \[\]\)\.forEach/g, "[].forEach"],
  [/\bopts\.(?:title|id != null)(?=\))/g, "false"],
  [/\b\w+Path instanceof Map\b/g, "false"],
  [/\baxis\.label != null\b/g, "false"],
  [/^\t\t\tlet angle = .*\n/gm, ""],
  [/\bangle\b/g, "0"],
  [/\bendRad == 0 && baseRad == 0\b/g, "true"],
  [/\bborder\.show\b(?=\))/g, "false"],
  [/^export \{/m, "uPlot.tzDate = tzDate;\nexport {"],
  [/^\tself\.(?:(?:add|del|set)(?:Series|Band)|setSelect|setLegend|pub) = \w+;\n/gm, ""],
  [/\blet shouldAlpha = .*;/g, "const shouldAlpha = false;"],
  // At most 300 points over at most a week: no two of them in a pixel, and no axis of months.
  [/\bif \(decimate\)/g, "if (false)"],
  [/\bisMo \|\| isYr\b/g, "false"],
  [/\bisYr \? 0 : /g, ""],
  [/^\t\t\/\/ year divisors (?:.*\n)*?(?=\t\]\);)/m, ""],
  // To the right and up; an axis below and one at the left, without ticks; a band from its upper
  // edge down.
  [/(?<![.\w])dir == 1\b/g, "true"],
  [/\bscale\.dir == 1\b/g, "true"],
  [/\b(?:scale\.|sc\.)?dir == -1\b/g, "false"],
  [/\bb\.dir == 1\b/g, "false"],
  [/\bbandClipDir == 2\b/g, "false"],
  [/\bside ===? [01]\b/g, "false"],
  [/\bticks\.show\b(?! =)/g, "false"],
  [/\baxis\.align(?:To)? == [12]\b/g, "false"],
  [/^\t\t\t\tlet rangeIsArr = .*\n/gm, ""],
  [/\brangeIsArr\b/g, "false"],
  // Everything is shown, on whole pixels, with its gaps.
  [/\b(?:axis|s|lowerEdge)\.show\b(?! =)/g, "true"],
  [/!series\.spanGaps\b/g, "true"],
  [/\b(?:s\.)?pxAlign == 1\b/g, "true"],
  [/\breturn pxAlign == 0 \? .*;/g, "return round;"],
  [/\bo instanceof TypedArray\b/g, "false"],
  [/\bdomEnv\b(?! =)/g, "true"],
  // The pointer moves one line, in this chart alone, and drags nothing.
  [/^\tconst showCursor = .*\n/gm, ""],
  [/\bshowCursor\b/g, "true"],
  [/\bcursor\.y\b/g, "false"],
  [/\bhCursor &&/g, "false &&"],
  [/\bdragging &&/g, "false &&"],
  [/\bsrc == null\b/g, "true"],
  [/\bif \(initial\)/g, "if (false)"],
  [/\bif \(deferHooks\)/g, "if (false)"],
  [/\b_deferHooks &&/g, "false &&"],
  // The page listens to the pointer alone.
  [/\bfire\("(?!setCursor")\w+"(?:, [^)]*)?\)/g, "0"],
];

/** The text of uPlot that the charts of the page need. */
export function chartPartsOf(whole) {
  const hash = createHash("sha256").update(whole).digest("hex");
  if (hash !== knownText)
    throw new Error(`uPlot has another text (${hash}): look at page/chart-parts.mjs again`);
  let text = whole;
  for (const [from, upTo] of cut) {
    const start = text.indexOf(from);
    const end = text.indexOf(upTo, start + from.length);
    if (start < 0 || end < 0 || text.includes(from, end))
      throw new Error(`uPlot has no ${JSON.stringify([from, upTo])}`);
    text = text.slice(0, start) + text.slice(end);
  }
  for (const name of emptied)
    replace(new RegExp(`^(\\t?)(function ${name}\\(.*\\)) \\{\\n(?:.*\\n)*?\\1\\}$`, "m"), "$1$2 {}");
  for (const [pattern, replacement] of settled) replace(pattern, replacement);
  return text;

  function replace(pattern, replacement) {
    const before = text;
    text = text.replace(pattern, replacement);
    if (text === before) throw new Error(`uPlot has no ${pattern}`);
  }
}

export const chartParts = {
  name: "chart-parts",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]uPlot\.esm\.js$/ }, ({ path }) => ({
      contents: chartPartsOf(readFileSync(path, "utf8")),
    }));
  },
};
