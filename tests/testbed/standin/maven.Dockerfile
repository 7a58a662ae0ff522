# Java keeps certificates in a store of its own, which Debian fills from single files.
ARG BASE
FROM ${BASE}
RUN mkdir -p /usr/share/man/man1 /usr/local/share/ca-certificates && cd /usr/local/share/ca-certificates \
    && awk '/BEGIN CERTIFICATE/ {n++} n {print > sprintf("testbed-%03d.crt", n)}' /usr/local/share/testbed/ca.crt \
    && apt-get update && apt-get install -y --no-install-recommends ca-certificates-java openjdk-17-jdk-headless maven \
    && update-ca-certificates && rm -rf /var/lib/apt/lists/* && mvn --version
CMD ["mvn"]
