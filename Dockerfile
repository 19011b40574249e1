# One image for web, worker, beat and migrate: what differs is the command in docker-compose.yml.

FROM python:3.11-slim-bookworm AS build

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY requirements.txt .
# One requirement comes as source. By itself pip would fetch whatever setuptools is newest to build it, unchecked;
# so the pinned one goes first and builds. pip itself stays behind in this stage.
RUN sed -n '/^setuptools==/,/[^\\]$/p' requirements.txt > build-requirements.txt \
    && pip install --require-hashes --no-build-isolation -r build-requirements.txt \
    && pip install --require-hashes --no-build-isolation -r requirements.txt \
    && pip uninstall --yes pip


FROM python:3.11-slim-bookworm

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PCARE_MODE=real \
    STATIC_ROOT=/srv/static
# With names, though only the numbers count: Celery takes a user that it cannot look up for root.
RUN groupadd --gid 10001 pcare \
    && useradd --uid 10001 --gid pcare --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin pcare \
    && install --directory --owner=pcare --group=pcare /var/lib/pcare
COPY --from=build /opt/venv /opt/venv
WORKDIR /srv/portal
COPY . .
# Belongs to root: the portal can change neither its code nor its files.
RUN python -m compileall -q .
# Settings for this one line, good for nothing else.
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
    ALLOWED_HOSTS=build.invalid SITE_URL=https://build.invalid \
    DATABASE_URL=postgresql://build@build.invalid/build REDIS_URL=redis://build.invalid \
    EMAIL_HOST=build.invalid EMAIL_FROM=build@build.invalid \
    python manage.py collectstatic --no-input

USER 10001:10001
EXPOSE 8000
CMD ["gunicorn", "-c", "gunicorn.conf.py"]
