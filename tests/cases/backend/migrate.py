"""Brings the schema up to date; run again, it changes nothing."""

import os

import psycopg

with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=10) as connection:
    connection.execute("create table if not exists notes (id serial primary key, text text not null)")
