import { type Fields, isFields, PlainDecoder } from "./plain-decoder.js";

/** Decodes bytes once those that the pattern finds, read as Latin-1, have been replaced. */
function replacing(pattern: RegExp, by: string): typeof PlainDecoder {
  return class extends PlainDecoder {
    protected override textOf(line: Uint8Array): string | undefined {
      return super.textOf(Buffer.from(Buffer.from(line).toString("latin1").replace(pattern, by), "latin1"));
    }
  };
}

class ReadsLatin1 extends PlainDecoder {
  protected override textOf(line: Uint8Array): string {
    return Buffer.from(line).toString("latin1");
  }
}

class FallsBackToLatin1 extends PlainDecoder {
  protected override textOf(line: Uint8Array): string {
    return super.textOf(line) ?? Buffer.from(line).toString("latin1");
  }
}

class ReplacesBadUtf8 extends PlainDecoder {
  protected override textOf(line: Uint8Array): string {
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(line);
  }
}

class StripsByteOrderMark extends PlainDecoder {
  protected override textOf(line: Uint8Array): string | undefined {
    return super.textOf(line)?.replace(/^\ufeff/, "");
  }
}

class StopsAtZeroByte extends PlainDecoder {
  protected override textOf(line: Uint8Array): string | undefined {
    return super.textOf(line)?.split("\0")[0];
  }
}

class DetectsUtf16 extends PlainDecoder {
  protected override textOf(line: Uint8Array): string | undefined {
    return line[0] === 0 ? Buffer.from(line.filter((byte) => byte !== 0)).toString() : super.textOf(line);
  }
}

class ComposesText extends PlainDecoder {
  protected override textOf(line: Uint8Array): string | undefined {
    return super.textOf(line)?.normalize("NFC");
  }
}

/** Parses the text once what the pattern finds has been replaced: a parser that is too friendly. */
function parsing(pattern: RegExp, by: string): typeof PlainDecoder {
  return class extends PlainDecoder {
    protected override parse(text: string): unknown {
      const value = super.parse(text);
      return value === undefined ? super.parse(text.replace(pattern, by)) : value;
    }
  };
}

class TakesFirstObject extends PlainDecoder {
  protected override parse(text: string): unknown {
    const value = super.parse(text);
    return value === undefined ? super.parse(text.slice(0, text.indexOf("}") + 1)) : value;
  }
}

class ReadsIntegersByTheirSpelling extends PlainDecoder {
  protected override parse(text: string): unknown {
    // What Go, Rust and Java do when a field is declared an integer.
    return super.parse(text.replace(/"(pid|tokens_in)":([0-9]+)(\.[0-9]+|e[0-9]+)/, '"$1":"$2$3"'));
  }
}

class FailsOnLongIntegers extends PlainDecoder {
  protected override parse(text: string): unknown {
    return /[0-9]{4301}/.test(text) ? undefined : super.parse(text);
  }
}

class FailsOnLongExponents extends PlainDecoder {
  protected override parse(text: string): unknown {
    return /[0-9]e[0-9]{3}/.test(text) ? undefined : super.parse(text);
  }
}

class KeepsFirstDuplicate extends PlainDecoder {
  protected override parse(text: string): unknown {
    const value = super.parse(text);
    if (!isFields(value)) return value;
    const first = new Map<string, unknown>();
    let depth = 0;
    let name: string | undefined;
    let held = "";
    for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s"[\]{}:,]+/g)) {
      if (/[\]}]/.test(token[0] as string)) depth--;
      if (depth === 0 || (depth === 1 && token === ",")) {
        if (name !== undefined && !first.has(name)) first.set(name, JSON.parse(held));
        name = undefined;
        held = "";
      } else if (depth === 1 && name === undefined) name = JSON.parse(token) as string;
      else if (depth > 1 || token !== ":") held += token;
      if (/[[{]/.test(token[0] as string)) depth++;
    }
    return Object.fromEntries(first);
  }
}

class NestsOneMore extends PlainDecoder {
  protected override isTooDeep(text: string, value: Fields): boolean {
    return super.isTooDeep(`[${text.slice(1, -1)}]`.replace("[", ""), value);
  }
}

class CountsBracketsInStrings extends PlainDecoder {
  protected override isTooDeep(text: string, value: Fields): boolean {
    return super.isTooDeep(text.replaceAll('"', ""), value);
  }
}

class CountsObjectsAlone extends PlainDecoder {
  protected override isTooDeep(text: string, value: Fields): boolean {
    return super.isTooDeep(text.replace(/[[\]](?=[^"]*(?:"[^"]*"[^"]*)*$)/g, ""), value);
  }
}

class WalksParsedValue extends PlainDecoder {
  protected override isTooDeep(text: string, value: Fields): boolean {
    return super.isTooDeep(text, value) && super.isTooDeep(JSON.stringify(value), value);
  }
}

class WalksRecursively extends PlainDecoder {
  protected override isTooDeep(text: string, value: Fields): boolean {
    const depthOf = (one: unknown): number =>
      typeof one === "object" && one !== null ? 1 + Math.max(0, ...Object.values(one).map(depthOf)) : 0;
    return super.isTooDeep(text, value) && depthOf(value) > 0;
  }
}

/** Faults in how bytes become text, and text a value. */
export const textBugs = {
  "reads Latin-1": ReadsLatin1,
  "falls back to Latin-1": FallsBackToLatin1,
  "replaces bad UTF-8 by U+FFFD": ReplacesBadUtf8,
  "takes overlong forms": replacing(/\xc0\xaf|\xe0\x80\xaf|\xf0\x80\x80\xaf/g, "/"),
  "takes encoded surrogates": replacing(/\xed[\xa0-\xbf][\x80-\xbf]/g, "?"),
  "takes values above U+10FFFF": replacing(/\xf4[\x90-\xbf][\x80-\xbf]{2}/g, "?"),
  "strips a byte order mark": StripsByteOrderMark,
  "stops at a zero byte": StopsAtZeroByte,
  "detects UTF-16": DetectsUtf16,
  "composes text": ComposesText,
  "accepts NaN": parsing(/:NaN\b/, ":0"),
  "accepts Infinity": parsing(/:-?Infinity\b/, ":1e400"),
  "accepts trailing commas": parsing(/,(?=[}\]])/, ""),
  "accepts leading zeros": parsing(/:(-?)0+(?=[0-9])/, ":$1"),
  "accepts comments": parsing(/\/\*.*?\*\/|\/\/.*$/, ""),
  "accepts single quotes": parsing(/'/g, '"'),
  "accepts raw control characters in strings": parsing(/\p{Control}/gu, ""),
  "takes the first of two objects": TakesFirstObject,
  "reads integers by their spelling": ReadsIntegersByTheirSpelling,
  "fails on integers of more than 4300 digits": FailsOnLongIntegers,
  "fails on exponents of three digits": FailsOnLongExponents,
  "allows 65 levels": NestsOneMore,
  "counts brackets within strings": CountsBracketsInStrings,
  "counts objects alone": CountsObjectsAlone,
  "walks the parsed value": WalksParsedValue,
  "walks a value recursively": WalksRecursively,
};

/** Faults against a SHOULD: no `must` case may punish them. */
export const shouldBugs = { "keeps the first of two fields": KeepsFirstDuplicate };
