import type { Report } from "../fixture.js";
import { type On, PlainDecoder } from "./plain-decoder.js";

/** Splits the text of a line once more, at a separator that is none. */
function splittingAt(separator: string): typeof PlainDecoder {
  return class extends PlainDecoder {
    protected override takeLine(line: Uint8Array, on: On): void {
      for (const part of Buffer.from(line).toString("latin1").split(separator)) {
        super.takeLine(Buffer.from(part, "latin1"), on);
      }
    }
  };
}

class DropsLastLine extends PlainDecoder {
  protected override takeRemainder(line: Uint8Array, on: On): void {
    if (!this.isObject(line)) super.takeRemainder(line, on);
  }
}

class ReportsWholeLastLineAsTruncated extends PlainDecoder {
  protected override isObject(_line: Uint8Array): boolean {
    return false;
  }
}

class IgnoresCutLastLine extends PlainDecoder {
  protected override takeRemainder(line: Uint8Array, on: On): void {
    if (this.isTooLong(line) || this.isObject(line)) super.takeRemainder(line, on);
  }
}

class JudgesCutLastLineAsJson extends PlainDecoder {
  protected override takeRemainder(line: Uint8Array, on: On): void {
    this.takeLine(line, on);
  }
}

class GluesHalfLineToNext extends PlainDecoder {
  #half: Uint8Array = new Uint8Array(0);

  protected override takeLine(line: Uint8Array, on: On): void {
    const glued = Buffer.concat([this.#half, line]);
    const text = this.textOf(glued);
    if (text?.trimStart().startsWith("{") && this.parse(text) === undefined) {
      this.#half = glued;
      return;
    }
    this.#half = new Uint8Array(0);
    super.takeLine(glued, on);
  }
}

class ClosesAfterBadLine extends PlainDecoder {
  #closed = false;

  protected override takeLine(line: Uint8Array, on: On): void {
    if (this.#closed) return;
    super.takeLine(line, (report) => {
      this.#closed = "rejected" in report;
      on(report);
    });
  }
}

class LosesLineAtChunkBoundary extends PlainDecoder {
  override push(chunk: Uint8Array, on: On): void {
    if (chunk.length > 1) this.heldBytes = 0;
    super.push(chunk, on);
  }
}

class LosesBytesAtChunkBoundary extends PlainDecoder {
  override push(chunk: Uint8Array, on: On): void {
    // The carriage return at the end of a chunk is stripped before anyone knows what follows.
    super.push(chunk.at(-1) === 0x0d && chunk.length > 1 ? chunk.subarray(0, -1) : chunk, on);
  }
}

class DecodesEachChunk extends PlainDecoder {
  override push(chunk: Uint8Array, on: On): void {
    super.push(new TextEncoder().encode(new TextDecoder("utf-8", { ignoreBOM: true }).decode(chunk)), on);
  }
}

/** Right in all that it says, and its memory grows with the line. */
class HoldsWholeLine extends PlainDecoder {
  #chunks: Uint8Array[] = [];

  override push(chunk: Uint8Array, on: On): void {
    this.#chunks.push(new Uint8Array(chunk));
    if (!chunk.includes(0x0a)) return;
    for (const one of this.#chunks.splice(0)) super.push(one, on);
  }

  override end(on: On): void {
    for (const one of this.#chunks.splice(0)) super.push(one, on);
    super.end(on);
  }
}

class SkipsNoRestOfLongLine extends PlainDecoder {
  override push(chunk: Uint8Array, on: On): void {
    super.push(chunk, on);
    if (this.heldBytes < 65_538) return;
    this.heldBytes = 0;
    on({ rejected: "line_too_long" });
  }
}

class SwallowsLineAfterLongOne extends PlainDecoder {
  #swallowing = false;

  protected override takeLine(line: Uint8Array, on: On): void {
    if (!this.#swallowing) super.takeLine(line, on);
    this.#swallowing = !this.#swallowing && this.isTooLong(line);
  }
}

class AllowsOneByteMore extends PlainDecoder {
  protected override isTooLong(line: Uint8Array): boolean {
    return line.length > 65_537;
  }
}

class AllowsOneByteLess extends PlainDecoder {
  protected override isTooLong(line: Uint8Array): boolean {
    return line.length > 65_535;
  }
}

class CountsCharacters extends PlainDecoder {
  protected override isTooLong(line: Uint8Array): boolean {
    return super.isTooLong(line) && (this.textOf(line)?.length ?? line.length) > 65_536;
  }
}

class CountsCarriageReturn extends PlainDecoder {
  protected override finish(take: (line: Uint8Array) => void): void {
    super.finish((line) =>
      take(this.held[line.length] === 0x0d && line.length === 65_536 ? Buffer.alloc(70_000) : line),
    );
  }
}

class StripsEveryCarriageReturn extends PlainDecoder {
  protected override stripCr(line: Uint8Array): Uint8Array {
    let length = line.length;
    while (length > 0 && line[length - 1] === 0x0d) length--;
    return line.subarray(0, length);
  }
}

class SkipsLongBlankLine extends PlainDecoder {
  protected override takeLine(line: Uint8Array, on: On): void {
    if (!this.isBlank(line)) super.takeLine(line, on);
  }
}

class TakesFormFeedForBlank extends PlainDecoder {
  protected override isBlank(line: Uint8Array): boolean {
    return Buffer.from(line).toString("utf8").trim() === "";
  }
}

class ReportsBlankLines extends PlainDecoder {
  protected override isBlank(line: Uint8Array): boolean {
    return line.length === 0;
  }
}

class ReportsRejectionsLast extends PlainDecoder {
  override push(chunk: Uint8Array, on: On): void {
    const late: Report[] = [];
    super.push(chunk, (report) => ("rejected" in report ? late.push(report) : on(report)));
    for (const report of late) on(report);
  }
}

/** Faults in how the stream is cut into lines. */
export const framingBugs = {
  "splits on U+2028": splittingAt("\xe2\x80\xa8"),
  "splits on U+0085": splittingAt("\xc2\x85"),
  "splits on a lone carriage return": splittingAt("\r"),
  "splits on a form feed": splittingAt("\f"),
  "drops a complete last line at the end of the stream": DropsLastLine,
  "takes a complete last line for truncated": ReportsWholeLastLineAsTruncated,
  "says nothing of a last line that is cut": IgnoresCutLastLine,
  "judges a last line that is cut like any other": JudgesCutLastLineAsJson,
  "glues a half line to the next": GluesHalfLineToNext,
  "closes after a bad line": ClosesAfterBadLine,
  "loses a line at a chunk boundary": LosesLineAtChunkBoundary,
  "strips a carriage return at the end of a chunk": LosesBytesAtChunkBoundary,
  "decodes each chunk by itself": DecodesEachChunk,
  "holds a line of any length": HoldsWholeLine,
  "takes the rest of a long line for another": SkipsNoRestOfLongLine,
  "swallows the line after a long one": SwallowsLineAfterLongOne,
  "allows one byte more": AllowsOneByteMore,
  "allows one byte less": AllowsOneByteLess,
  "counts the line's characters": CountsCharacters,
  "counts the carriage return before the newline": CountsCarriageReturn,
  "strips every carriage return": StripsEveryCarriageReturn,
  "skips a long blank line": SkipsLongBlankLine,
  "takes a form feed for blank": TakesFormFeedForBlank,
  "reports blank lines": ReportsBlankLines,
  "reports rejections after messages": ReportsRejectionsLast,
};
