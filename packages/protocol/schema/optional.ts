import { type TSchema, Type } from "@sinclair/typebox";

/** A field that may be left out; `null` in it means the same. */
export const optional = <T extends TSchema>(schema: T) => {
  const { description, ...rest } = schema;
  return Type.Optional(
    Type.Union([rest as unknown as T, Type.Null()], description === undefined ? {} : { description }),
  );
};
