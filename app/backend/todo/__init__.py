"""A todo list that can be managed by language: REST, chat and MCP."""
