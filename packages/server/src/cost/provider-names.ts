/** What the SDKs, LiteLLM and the AI SDK call the providers of the table. */
const others: Readonly<Record<string, string>> = {
  __proto__: null as never,
  "amazon-bedrock": "aws",
  amazon: "aws",
  bedrock: "aws",
  bedrock_converse: "aws",
  azure_ai: "azure",
  "azure-openai": "azure",
  cohere_chat: "cohere",
  "fireworks-ai": "fireworks",
  fireworks_ai: "fireworks",
  gemini: "google",
  "google-genai": "google",
  googleai: "google",
  vertex: "google",
  vertex_ai: "google",
  vertexai: "google",
  mistralai: "mistral",
  moonshot: "moonshotai",
  together_ai: "together",
  "together-ai": "together",
  togetherai: "together",
  voyage: "voyageai",
  xai: "x-ai",
  "z-ai": "zai",
};

const locals = new Set(
  "local localai ollama ollama_chat lmstudio lm_studio lm-studio llama.cpp llamacpp llama-cpp llamafile vllm hosted_vllm koboldcpp".split(
    " ",
  ),
);

/**
 * They pass calls on, or are the name of a protocol, so they are no seller: the model's name says
 * more.
 */
const gateways = new Set(
  "custom_openai gateway helicone litellm litellm_proxy openai-compatible openai_compatible openai_like portkey vercel".split(
    " ",
  ),
);

/** Hosts of others' models, which stand before a model's name in LiteLLM's spelling. */
const hosts = new Set("openrouter azure aws groq together fireworks cerebras google".split(" "));

/** The table's name of a provider, as far as it has another one. */
export function providerId(name: string): string {
  return others[name] ?? name;
}

export function isLocal(provider: string): boolean {
  return locals.has(provider);
}

export function isGateway(provider: string): boolean {
  return gateways.has(provider);
}

/** Whether it says who sells the model that is named after it. */
export function isHost(prefix: string): boolean {
  return prefix !== "google" && hosts.has(providerId(prefix));
}
