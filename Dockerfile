# Two stages: one that builds a wheel and an environment from pinned, hashed packages, and one that only runs it.
# Pin the base by its digest where you know it: --build-arg BASE=python:3.11-slim-bookworm@sha256:…
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
COPY hashes-run.txt hashes-build.txt ./
RUN python -m venv /opt/kpigraph \
    && /opt/kpigraph/bin/pip install --only-binary :all: --require-hashes --requirement hashes-run.txt \
    && python -m venv /opt/build \
    && /opt/build/bin/pip install --only-binary :all: --require-hashes --requirement hashes-build.txt
COPY . .
# The query editor of /sparql: npm comes by pip, its packages by the digests of package-lock.json.
RUN sh kpigraph/serve/editor/build.sh /opt/build/bin serve \
    && /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /dist . \
    && /opt/kpigraph/bin/pip install --no-deps --no-index /dist/kpigraph-*.whl

FROM ${BASE}
LABEL org.opencontainers.image.title="kpigraph" org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/opt/kpigraph/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin kpigraph \
    && install --directory --owner=kpigraph --group=kpigraph /var/lib/kpigraph
COPY --from=build /opt/kpigraph /opt/kpigraph
USER 10001
WORKDIR /var/lib/kpigraph
VOLUME ["/var/lib/kpigraph"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["kpigraph"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000", "--store", "/var/lib/kpigraph/public"]
