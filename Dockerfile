# rollcast alone: docker build -t rollcast . && docker run --rm -v "$PWD:/work" rollcast check rollouts/release.toml
FROM rust:1.95-slim-bookworm AS build
WORKDIR /rollcast
COPY . .
RUN cargo build --release --locked --bin rollcast

FROM debian:bookworm-slim
COPY --from=build /rollcast/target/release/rollcast /usr/local/bin/rollcast
WORKDIR /work
ENTRYPOINT ["rollcast"]
