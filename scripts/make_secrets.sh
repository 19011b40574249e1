#!/bin/sh
# Makes the files that docker-compose.yml takes secrets from; those that exist are kept.
set -eu
cd "$(dirname "$0")/.."

random() {
    od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

keep() {
    if [ -e "secrets/$1" ]; then
        echo "secrets/$1 is there already."
    else
        printf '%s\n' "$2" > "secrets/$1"
        # The containers' users must read it; the folder keeps everybody else of this machine out.
        chmod 644 "secrets/$1"
        echo "secrets/$1 is made."
    fi
}

mkdir -p secrets
chmod 700 secrets
keep secret_key "$(random)"
keep database_password "$(random)"
keep database_url "postgresql://pcare:$(cat secrets/database_password)@db:5432/pcare"
keep email_password ""
