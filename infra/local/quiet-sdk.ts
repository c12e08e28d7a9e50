/**
 * The AWS SDK warns on stderr in every process on Node 20. Imported first, so that a terminal shows what
 * Burst has to say instead.
 */
// biome-ignore lint/style/noProcessEnv: set, not read.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
