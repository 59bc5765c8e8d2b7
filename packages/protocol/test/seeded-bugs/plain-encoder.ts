import { type Fields, isFields, PlainDecoder } from "./plain-decoder.js";

/**
 * Protocol 1's other half, as plainly: what a decoder would take is written, without what it would
 * leave out. Each class behind it overrides one method and is wrong in one way. A refusal is a
 * RangeError that begins with the field.
 */
export class PlainEncoder extends PlainDecoder {
  encode(message: Fields): string {
    const report = this.read(message);
    if ("rejected" in report) throw new RangeError(`${report.field ?? "type"}: refused`);
    const line = this.write(report.message as Fields);
    if (this.isTooLong(Buffer.from(line))) throw new RangeError("features: too long");
    return `${line}\n`;
  }

  protected write(message: Fields): string {
    return JSON.stringify(message);
  }
}

/** An encoder that changes what is written. */
function writing(change: (line: string, message: Fields) => string): typeof PlainEncoder {
  return class extends PlainEncoder {
    protected override write(message: Fields): string {
      return change(super.write(message), message);
    }
  };
}

class WritesNaNAsNull extends PlainEncoder {
  override isNumber(value: unknown): boolean {
    return typeof value === "number";
  }
}

class TakesTrueForNumber extends PlainEncoder {
  override isCount(value: unknown): boolean {
    return super.isCount(Number(value));
  }
}

class LeavesZeroOut extends PlainEncoder {
  protected override valueOf(fields: Fields, field: string): unknown {
    return field === "pid" || field.startsWith("tokens") ? fields[field] : fields[field] || undefined;
  }
}

class KeepsUnknownFields extends PlainEncoder {
  protected override read(fields: Fields) {
    const report = super.read(fields);
    return "message" in report && isFields(report.message)
      ? { message: { ...fields, ...report.message } }
      : report;
  }
}

class WritesLinesOfAnyLength extends PlainEncoder {
  protected override isTooLong(_line: Uint8Array): boolean {
    return false;
  }
}

class RefusesNullInOptional extends PlainEncoder {
  protected override valueOf(fields: Fields, field: string): unknown {
    return fields[field];
  }
}

class WritesLoneSurrogates extends PlainEncoder {
  protected override hasLoneSurrogates(_text: string): boolean {
    return false;
  }
}

class CountsUtf16Units extends PlainEncoder {
  protected override lengthOf(text: string): number {
    return text.length;
  }
}

export const encoderBugs = {
  "writes NaN": WritesNaNAsNull,
  "takes true for a number": TakesTrueForNumber,
  "leaves zero out": LeavesZeroOut,
  "keeps unknown fields": KeepsUnknownFields,
  "writes lines of any length": WritesLinesOfAnyLength,
  "refuses null in an optional field": RefusesNullInOptional,
  "writes lone surrogates": WritesLoneSurrogates,
  "counts UTF-16 units": CountsUtf16Units,
  "begins with a byte order mark": writing((line) => `\ufeff${line}`),
  "ends its lines twice": writing((line) => `${line}\n`),
  indents: writing((_, message) => JSON.stringify(message, null, 1)),
  "escapes no backslash": writing((line) => line.replaceAll("\\\\", "\\")),
  "escapes no quote": writing((line) => line.replaceAll('\\"', '"')),
  "writes newlines raw": writing((line) => line.replaceAll("\\n", "\n")),
  "writes six digits": writing((line) => line.replace(/(\d+\.\d{6})\d+/g, "$1")),
  "writes integers through 32-bit floats": writing((_, message) =>
    JSON.stringify(message, (_name, value) => (Number.isSafeInteger(value) ? Math.fround(value) : value)),
  ),
  "replaces what is not ASCII": writing((line) => line.replace(/[^ -~]/g, "?")),
};
