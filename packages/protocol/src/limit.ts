/**
 * The longest line that a receiver accepts, in bytes, without its `\n` and one `\r` before it
 * [F-8].
 */
export const maxLineBytes = 65_536;

/**
 * What a producer should stay within, in bytes [P-4]: a pipe takes that much in one piece (PIPE_BUF
 * on Linux).
 */
export const producerLineBytes = 4_096;

/** How deep objects and arrays may nest; the message itself is level 1 [J-6]. */
export const maxDepth = 64;

/** Longest channel, in code points. */
export const maxChannelLength = 128;

/** Longest model, feature, metric_name, version and provider, in code points. */
export const maxNameLength = 256;

/** Longest name of a feature flag, in code points. */
export const maxFeatureNameLength = 128;

/** Most feature flags in one registration. */
export const maxFeatures = 256;

/** Largest process id: Windows hands out 32-bit ids; Linux stops at 2^22. */
export const maxPid = 4_294_967_295;
