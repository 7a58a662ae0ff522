{#-
kind: Dockerfile
for: [service]
when: { build: true, runtime.framework: java }
layer: docker
file: Dockerfile
task: Write the {unit} Dockerfile
-#}
{% set runtime = service.runtime %}
{% set owner = service.securityContext.runAsUser ~ ":" ~ service.securityContext.runAsGroup %}
FROM {{ runtime.buildImage }} AS build
WORKDIR /app
# dependencies change seldom: they come before the sources
COPY pom.xml ./
RUN --mount=type=cache,target=/root/.m2 mvn --batch-mode --no-transfer-progress dependency:go-offline
COPY . .
RUN --mount=type=cache,target=/root/.m2 \
    mvn --batch-mode --no-transfer-progress -Dmaven.test.skip=true package && cp {{ runtime.target | bare }} /app.jar

FROM {{ runtime.baseImage }}
WORKDIR /app
{% if service.ports %}
ENV SERVER_PORT={{ service.ports[0].targetPort }} \
    PORT={{ service.ports[0].targetPort }}
{% endif %}
COPY --from=build --chown={{ owner }} /app.jar ./app.jar
USER {{ owner }}
{% for port in service.ports %}
EXPOSE {{ port.targetPort }}
{% endfor %}
# BusyBox is what this image has: it asks
{% set asks = "wget" %}
{% include "_image-health" %}
{% include "_image-labels" %}
# the heap follows the container's limit
CMD {{ (runtime.entrypoint or ["java", "-XX:MaxRAMPercentage=75", "-jar", "/app/app.jar"]) | json }}
