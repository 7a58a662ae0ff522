{#-
kind: Dockerfile
for: [service]
when: { build: true, runtime.framework: go }
layer: docker
file: Dockerfile
task: Write the {unit} Dockerfile
-#}
{% set runtime = service.runtime %}
{% set owner = service.securityContext.runAsUser ~ ":" ~ service.securityContext.runAsGroup %}
FROM {{ runtime.buildImage }} AS build
WORKDIR /src
# without C: one file that runs on any Linux
ENV CGO_ENABLED=0 \
    GOMODCACHE=/go/pkg/mod \
    GOCACHE=/root/.cache/go-build
{% if not runtime.vendor %}
# modules change seldom: they come before the sources
COPY {{ runtime.manifests | join(" ") }} ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
{% endif %}
COPY . .
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    go build -trimpath -ldflags='-s -w' -o /out/app {{ runtime.target | default(".") | bare }}

FROM {{ runtime.baseImage }}
WORKDIR /app
{% if service.ports %}
ENV PORT={{ service.ports[0].targetPort }}
{% endif %}
COPY --from=build /out/app /usr/local/bin/app
USER {{ owner }}
{% for port in service.ports %}
EXPOSE {{ port.targetPort }}
{% endfor %}
# BusyBox is what this image has: it asks
{% set asks = "wget" %}
{% include "_image-health" %}
{% include "_image-labels" %}
CMD {{ (runtime.entrypoint or ["/usr/local/bin/app"]) | json }}
