//! A function's table of contents: its routes, and the document made from the
//! same list.

/// Declares `routes()` and `document()` of a function from one list of
/// handlers, each with its `#[utoipa::path]`. Building the router asks a
/// handler's path and method alone; the document is code that only the tool
/// which writes it runs, so that no function carries or builds it at start.
#[macro_export]
macro_rules! contents {
    ($app:ty, $($module:ident::$handler:ident,)+) => {
        $crate::contents::paste! {
            /// The routes.
            fn routes() -> ::axum::Router<$app> {
                ::axum::Router::new()
                    $(.route(
                        &<$module::[<__path_ $handler>] as ::utoipa::Path>::path(),
                        ::axum::routing::on(
                            $crate::contents::filter(
                                &<$module::[<__path_ $handler>] as ::utoipa::Path>::methods(),
                            ),
                            $module::$handler,
                        ),
                    ))+
            }

            /// The function's part of the OpenAPI document.
            #[must_use]
            pub fn document() -> ::utoipa::openapi::OpenApi {
                use $crate::openapi::SecuritySchemes;
                use $crate::problem::ProblemBody;

                #[derive(::utoipa::OpenApi)]
                #[openapi(
                    modifiers(&SecuritySchemes),
                    components(schemas(ProblemBody)),
                    paths($($module::$handler),+)
                )]
                struct Document;
                <Document as ::utoipa::OpenApi>::openapi()
            }
        }
    };
}

pub use pastey::paste;

use axum::routing::MethodFilter;
use utoipa::openapi::HttpMethod;

/// The filter for a handler's methods.
///
/// # Panics
/// Where a handler has no method: its attribute would not have compiled.
#[must_use]
pub fn filter(methods: &[HttpMethod]) -> MethodFilter {
    methods
        .iter()
        .map(|method| match method {
            HttpMethod::Get => MethodFilter::GET,
            HttpMethod::Post => MethodFilter::POST,
            HttpMethod::Put => MethodFilter::PUT,
            HttpMethod::Delete => MethodFilter::DELETE,
            HttpMethod::Options => MethodFilter::OPTIONS,
            HttpMethod::Head => MethodFilter::HEAD,
            HttpMethod::Patch => MethodFilter::PATCH,
            HttpMethod::Trace => MethodFilter::TRACE,
        })
        .reduce(MethodFilter::or)
        .expect("a handler's attribute names its method")
}
