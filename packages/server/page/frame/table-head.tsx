/** The head of a table, by the names of its columns. */
export function TableHead({ names }: { readonly names: readonly string[] }) {
  return (
    <thead>
      <tr>
        {names.map((name, i) => (
          <th key={`${name} ${i}`} scope="col">
            {name}
          </th>
        ))}
      </tr>
    </thead>
  );
}
