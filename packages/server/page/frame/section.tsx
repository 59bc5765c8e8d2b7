import type { ComponentChildren } from "preact";

interface SectionProps {
  readonly title: string;
  readonly children: ComponentChildren;
}

/** A part of a page whose table may be wider than the window. */
export function Section({ title, children }: SectionProps) {
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what is wider than the window scrolls, also by keys. */}
      <div class="scroll" tabIndex={0}>
        {children}
      </div>
    </section>
  );
}
