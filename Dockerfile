# The page of the pipeline in /work, and its schedule:
#
#   docker build -t tidemill .
#   docker run -p 8420:8420 -v "$PWD":/work -e TIDEMILL_TOKEN=… tidemill
#
# Whoever asks needs the token. TLS belongs in front of it, or mount a certificate and add `--tls-cert` and `--tls-key`.

FROM rust:1-trixie AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked --bin tidemill

FROM debian:trixie-slim
# Certificates of the authorities for https, mail and databases; time zones are in the binary.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --create-home tidemill
COPY --from=build /src/target/release/tidemill /usr/local/bin/tidemill
USER tidemill
WORKDIR /work
EXPOSE 8420
ENTRYPOINT ["tidemill"]
CMD ["serve", "--listen", "0.0.0.0:8420"]
