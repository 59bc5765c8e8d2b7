// Plain JavaScript, so that a server to compare with keeps nothing else in memory.
const rowsPerStatement = 20;

export function insertOf(db, table, columns) {
  const row = `(${columns.map(() => "?").join(", ")})`;
  const statementOf = (rows) =>
    db.prepare(`INSERT INTO ${table} (${columns.join(", ")}) VALUES ${Array(rows).fill(row).join(", ")}`);
  const [many, one] = [statementOf(rowsPerStatement), statementOf(1)];
  const valuesOf = (rows) => new Array(columns.length * rows).fill(null);
  const [ofMany, ofOne] = [valuesOf(rowsPerStatement), valuesOf(1)];
  // Values are passed one by one: better-sqlite3 takes longer to look into an array.
  return (rows, fill) => {
    let last = 0;
    let i = 0;
    for (; i + rowsPerStatement <= rows; i += rowsPerStatement) {
      for (let k = 0; k < rowsPerStatement; k++) fill(ofMany, k * columns.length, i + k);
      last = Number(many.run(...ofMany).lastInsertRowid);
    }
    for (; i < rows; i++) {
      fill(ofOne, 0, i);
      last = Number(one.run(...ofOne).lastInsertRowid);
    }
    return last;
  };
}
