import type { Report } from "../fixture.js";
import { type Check, type Fields, PlainDecoder } from "./plain-decoder.js";

class TakesTrueForPid extends PlainDecoder {
  override isPid(value: unknown): boolean {
    return super.isPid(value === true ? 1 : value);
  }
}

class TakesOneForTrue extends PlainDecoder {
  protected override isFlag(value: unknown): boolean {
    return super.isFlag(value) || value === 0 || value === 1;
  }
}

class ConvertsNumericStrings extends PlainDecoder {
  override isPid(value: unknown): boolean {
    return super.isPid(typeof value === "string" ? Number(value) : value);
  }
}

class CountsUtf16Units extends PlainDecoder {
  protected override lengthOf(text: string): number {
    return text.length;
  }
}

class CountsBytes extends PlainDecoder {
  protected override lengthOf(text: string): number {
    return Buffer.byteLength(text);
  }
}

class CountsGraphemes extends PlainDecoder {
  protected override lengthOf(text: string): number {
    return [...text.normalize("NFC")].length;
  }
}

class AllowsLongerNames extends PlainDecoder {
  protected override isText(value: unknown, longest: number): value is string {
    return super.isText(value, longest + 1);
  }
}

class AllowsEmptyNames extends PlainDecoder {
  protected override isText(value: unknown, longest: number): value is string {
    return value === "" || super.isText(value, longest);
  }
}

class AllowsDots extends PlainDecoder {
  override isChannel(value: unknown): boolean {
    return this.isText(value, 128);
  }
}

class ForbidsDotsEverywhere extends PlainDecoder {
  override isName(value: unknown): boolean {
    return super.isName(value) && value !== ".";
  }
}

class AllowsC1Controls extends PlainDecoder {
  protected override hasControls(text: string): boolean {
    return super.hasControls(text.replace(/[\u0080-\u009f]/g, ""));
  }
}

class AllowsDelete extends PlainDecoder {
  protected override hasControls(text: string): boolean {
    return super.hasControls(text.replace(/\u007f/g, ""));
  }
}

class ForbidsLineSeparators extends PlainDecoder {
  protected override hasControls(text: string): boolean {
    return super.hasControls(text) || /[\u2028\u2029]/.test(text);
  }
}

class AllowsLoneSurrogates extends PlainDecoder {
  protected override hasLoneSurrogates(_text: string): boolean {
    return false;
  }
}

class TakesNullForFault extends PlainDecoder {
  protected override valueOf(fields: Fields, field: string, _check: Check): unknown {
    return fields[field];
  }
}

class TakesNullForZero extends PlainDecoder {
  protected override valueOf(fields: Fields, field: string, check: Check): unknown {
    return fields[field] === null && check === "isAmount" ? 0 : super.valueOf(fields, field, check);
  }
}

class KeepsUnknownFields extends PlainDecoder {
  protected override read(fields: Fields): Report {
    const report = super.read(fields);
    return "message" in report ? { message: { ...fields, ...(report.message as Fields) } } : report;
  }
}

class LosesFeatureNamedProto extends PlainDecoder {
  protected override valueOf(fields: Fields, field: string, check: Check): unknown {
    const value = super.valueOf(fields, field, check);
    if (check !== "isFeatures" || !this.isFeatures(value)) return value;
    const copy: Fields = {};
    for (const [name, on] of Object.entries(value as Fields)) copy[name] = on;
    return copy;
  }
}

class ReadsInheritedFields extends PlainDecoder {
  protected override read(fields: Fields): Report {
    const inherited = "__proto__";
    return super.read(Object.assign({}, fields[inherited], fields));
  }
}

class LeavesFeaturesOut extends PlainDecoder {
  protected override read(fields: Fields): Report {
    const report = super.read(fields);
    if (!("message" in report) || "features" in fields) return report;
    const { features: _, ...message } = report.message as Fields;
    return { message };
  }
}

class AllowsInfinity extends PlainDecoder {
  override isNumber(value: unknown): boolean {
    return typeof value === "number";
  }
}

class AllowsBeyond2To53 extends PlainDecoder {
  override isCount(value: unknown): boolean {
    return Number.isInteger(value) && Number(value) >= 0;
  }
}

class WrapsPid extends PlainDecoder {
  override isPid(value: unknown): boolean {
    return Number.isInteger(value) && (Number(value) | 0) !== 0;
  }
}

class AllowsPid31BitsOnly extends PlainDecoder {
  override isPid(value: unknown): boolean {
    return super.isPid(value) && Number(value) < 2 ** 31;
  }
}

class RefusesMinusZero extends PlainDecoder {
  override isAmount(value: unknown): boolean {
    return super.isAmount(value) && !Object.is(value, -0);
  }
}

class AllowsIntervalZero extends PlainDecoder {
  override isInterval(value: unknown): boolean {
    return this.isAmount(value);
  }
}

class BelievesTimesOnly extends PlainDecoder {
  protected override valueOf(fields: Fields, field: string, check: Check): unknown {
    const value = super.valueOf(fields, field, check);
    return field === "ts" && typeof value === "number" && value < 1e12 ? "unbelievable" : value;
  }
}

class IgnoresCaseOfType extends PlainDecoder {
  protected override typeOf(fields: Fields): unknown {
    const type = super.typeOf(fields);
    return typeof type === "string" ? type.toLowerCase() : type;
  }
}

class TrimsType extends PlainDecoder {
  protected override typeOf(fields: Fields): unknown {
    const type = super.typeOf(fields);
    return typeof type === "string" ? type.trim() : type;
  }
}

class LooksTypeUpInObject extends PlainDecoder {
  protected override unknownType(type: string): Report {
    return type in {} ? { rejected: "invalid_field", field: "channel" } : super.unknownType(type);
  }
}

class TakesUnknownTypeForFault extends PlainDecoder {
  protected override unknownType(_type: string): Report {
    return { rejected: "invalid_field", field: "type" };
  }
}

class NamesNoField extends PlainDecoder {
  protected override badField(_field: string): Report {
    return { rejected: "invalid_field" };
  }
}

class JudgesTypeBeforeDepth extends PlainDecoder {
  #type: unknown;

  protected override isTooDeep(text: string, value: Fields): boolean {
    this.#type = this.typeOf(value);
    return typeof this.#type === "string" && super.isTooDeep(text, value);
  }
}

class JudgesUtf8BeforeLength extends PlainDecoder {
  protected override isTooLong(line: Uint8Array): boolean {
    return super.isTooLong(line) && this.textOf(line) !== undefined;
  }
}

class JudgesDepthBeforeJson extends PlainDecoder {
  protected override parse(text: string): unknown {
    const value = super.parse(text);
    return value === undefined && text.startsWith("{") && this.isTooDeep(text, {}) ? {} : value;
  }
}

/** Faults in how a value becomes a message, and in the order of the rejections. */
export const messageBugs = {
  "takes true for a pid": TakesTrueForPid,
  "takes 1 for true": TakesOneForTrue,
  "converts numeric strings": ConvertsNumericStrings,
  "counts UTF-16 units": CountsUtf16Units,
  "counts bytes": CountsBytes,
  "counts graphemes": CountsGraphemes,
  "allows names of one more": AllowsLongerNames,
  "allows empty names": AllowsEmptyNames,
  "allows . as a channel": AllowsDots,
  "forbids . as any name": ForbidsDotsEverywhere,
  "allows U+0080 to U+009F": AllowsC1Controls,
  "allows U+007F": AllowsDelete,
  "forbids U+2028 in names": ForbidsLineSeparators,
  "allows lone surrogates": AllowsLoneSurrogates,
  "takes null in an optional field for a fault": TakesNullForFault,
  "takes null for zero": TakesNullForZero,
  "keeps unknown fields": KeepsUnknownFields,
  "loses a feature named __proto__": LosesFeatureNamedProto,
  "reads fields that __proto__ holds": ReadsInheritedFields,
  "leaves absent features out": LeavesFeaturesOut,
  "accepts 1e400": AllowsInfinity,
  "allows counts beyond 2^53": AllowsBeyond2To53,
  "wraps a pid around": WrapsPid,
  "allows pids of 31 bits only": AllowsPid31BitsOnly,
  "refuses minus zero": RefusesMinusZero,
  "allows an interval of 0": AllowsIntervalZero,
  "refuses times that it does not believe": BelievesTimesOnly,
  "ignores the case of a type": IgnoresCaseOfType,
  "trims a type": TrimsType,
  "looks a type up in an object": LooksTypeUpInObject,
  "takes an unknown type for a fault": TakesUnknownTypeForFault,
  "names no field": NamesNoField,
  "judges the type before the depth": JudgesTypeBeforeDepth,
  "judges UTF-8 before the length": JudgesUtf8BeforeLength,
  "judges the depth before JSON": JudgesDepthBeforeJson,
};
