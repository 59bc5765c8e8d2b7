/// One call of a language model. What is not said is unknown, which is never 0.
///
/// ```
/// use kissbot_monitor::LlmUsage;
/// let failed = LlmUsage::new("sonnet", "chat", 0, 0).error("rate_limit");
/// let cached = LlmUsage::new("sonnet", "chat", 1200, 340)
///     .provider("anthropic")
///     .tokens_cached(900);
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct LlmUsage<'a> {
    pub(crate) model: &'a str,
    pub(crate) feature: &'a str,
    pub(crate) tokens_in: u64,
    pub(crate) tokens_out: u64,
    pub(crate) latency_ms: Option<f64>,
    pub(crate) provider: Option<&'a str>,
    pub(crate) tokens_cached: Option<u64>,
    pub(crate) tokens_cache_write: Option<u64>,
    pub(crate) cost_usd: Option<f64>,
    pub(crate) error: Option<&'a str>,
}

impl<'a> LlmUsage<'a> {
    /// The model, what the bot used it for, and the tokens sent and received.
    pub fn new(model: &'a str, feature: &'a str, tokens_in: u64, tokens_out: u64) -> LlmUsage<'a> {
        LlmUsage {
            model,
            feature,
            tokens_in,
            tokens_out,
            latency_ms: None,
            provider: None,
            tokens_cached: None,
            tokens_cache_write: None,
            cost_usd: None,
            error: None,
        }
    }

    /// How long the call took, in milliseconds.
    pub fn latency_ms(self, latency_ms: f64) -> Self {
        LlmUsage { latency_ms: Some(latency_ms), ..self }
    }

    /// Who serves the model.
    pub fn provider(self, provider: &'a str) -> Self {
        LlmUsage { provider: Some(provider), ..self }
    }

    /// Tokens read from the provider's cache; part of `tokens_in`.
    pub fn tokens_cached(self, tokens: u64) -> Self {
        LlmUsage { tokens_cached: Some(tokens), ..self }
    }

    /// Tokens written to the provider's cache; another part of `tokens_in`.
    pub fn tokens_cache_write(self, tokens: u64) -> Self {
        LlmUsage { tokens_cache_write: Some(tokens), ..self }
    }

    /// What the call cost, in US dollars.
    pub fn cost_usd(self, cost_usd: f64) -> Self {
        LlmUsage { cost_usd: Some(cost_usd), ..self }
    }

    /// How the call failed, and never a message: `rate_limit`, `timeout`, `auth`, `context_length`,
    /// `content_filter`, `invalid_request`, `server`, `network`, `cancelled` or `other`. 1 to 64
    /// characters of a-z, 0-9 and _. The tokens may then be 0.
    pub fn error(self, kind: &'a str) -> Self {
        LlmUsage { error: Some(kind), ..self }
    }
}
