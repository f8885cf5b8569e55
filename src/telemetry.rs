//! Logs, as text or JSON lines, and spans for a collector where that is asked for.
//!
//! Logs go to standard error. With the feature `otlp` and a collector named in `log.otlp`, every step is also sent there as a
//! span. Rule that must hold: no document text, no name of a person and no token is in a log line or a span, and a collector
//! that does not answer disturbs nothing.

use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, prelude::*};

use crate::config::{Log, LogFormat};

type Boxed = Box<dyn Layer<Registry> + Send + Sync>;

/// Sets up logging, once per process; a second call changes nothing.
///
/// # Errors
/// When the collector's client cannot be made.
pub fn init(log: &Log) -> anyhow::Result<()> {
    let level = log.level.as_str();
    let filter = EnvFilter::try_from_env("RIDEAU_LOG").unwrap_or_else(|_| {
        EnvFilter::new(format!("warn,rideau={level},rideau_connectors={level}"))
    });
    let lines: Boxed = match log.format {
        LogFormat::Json => fmt::layer()
            .json()
            .flatten_event(true)
            .with_writer(std::io::stderr)
            .boxed(),
        LogFormat::Text => fmt::layer()
            .with_target(false)
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .with_writer(std::io::stderr)
            .boxed(),
    };
    let mut layers: Vec<Boxed> = vec![lines.with_filter(filter).boxed()];
    if let Some(collector) = log.otlp.get() {
        layers.extend(spans(collector.url())?);
    }
    let set_up = tracing_subscriber::registry().with(layers).try_init();
    if let Err(error) = set_up {
        tracing::debug!(%error, "logging was set up before");
    } else if log.otlp.get().is_some() && !cfg!(feature = "otlp") {
        tracing::warn!(
            "log.otlp is set, but this program was built without OpenTelemetry: build it with `--features otlp`, or leave log.otlp empty"
        );
    }
    Ok(())
}

#[cfg(not(feature = "otlp"))]
#[expect(clippy::unnecessary_wraps, reason = "the feature's twin can fail")]
fn spans(_collector: &url::Url) -> anyhow::Result<Option<Boxed>> {
    Ok(None)
}

#[cfg(feature = "otlp")]
static PROVIDER: std::sync::OnceLock<opentelemetry_sdk::trace::SdkTracerProvider> =
    std::sync::OnceLock::new();

#[cfg(feature = "otlp")]
fn spans(collector: &url::Url) -> anyhow::Result<Option<Boxed>> {
    use opentelemetry::{KeyValue, trace::TracerProvider};
    use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
    use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};

    let endpoint = format!("{}/v1/traces", collector.as_str().trim_end_matches('/'));
    // The client blocks, so it is made and used on threads of its own, away from the runtime's.
    let exporter = std::thread::spawn(move || {
        SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(endpoint)
            .build()
    })
    .join()
    .map_err(|_| anyhow::anyhow!("the collector's client could not be made"))??;
    let resource = Resource::builder()
        .with_service_name("rideau")
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource)
        .build();
    let tracer = provider.tracer("rideau");
    if PROVIDER.set(provider).is_err() {
        return Ok(None);
    }
    // Only our own spans: those of libraries are theirs to explain.
    let ours = EnvFilter::new("off,rideau=info,rideau_connectors=info");
    Ok(Some(
        tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_filter(ours)
            .boxed(),
    ))
}

/// Sends what is still waiting to be sent. Called last.
pub fn flush() {
    #[cfg(feature = "otlp")]
    if let Some(provider) = PROVIDER.get()
        && let Err(error) = provider.shutdown()
    {
        tracing::warn!(%error, "the last spans did not reach the collector");
    }
}
