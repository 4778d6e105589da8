// Changes tried out here need the token that the page's session has, as those of the app do.
let csrfToken = "";
fetch("/api/v1/session")
  .then((answer) => (answer.ok ? answer.json() : {}))
  .then((me) => {
    csrfToken = me.csrf_token ?? "";
  });

SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  docExpansion: "none",
  filter: true,
  validatorUrl: null,
  requestInterceptor: (request) => {
    if (csrfToken !== "" && request.headers.Authorization === undefined) request.headers["X-CSRF-Token"] = csrfToken;
    return request;
  },
});
