import type { ComponentChildren } from "preact";

interface TileProps {
  readonly name: string;
  readonly children: ComponentChildren;
}

/** One number in a list of `tiles`. */
export function Tile({ name, children }: TileProps) {
  return (
    <div class="tile">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
