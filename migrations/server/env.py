"""Runs the server's migrations on the connection and in the transaction that it is given. Imports no program code."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=context.config.attributes.get("metadata"))
context.run_migrations()
