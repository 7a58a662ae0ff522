ARG BASE
FROM ${BASE}
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
COPY rust /usr/local
ENV CARGO_HOME=/usr/local/cargo
RUN mkdir -p /usr/local/cargo && cargo --version && rustc --version
