"""/mcp: the todo tools for other agents, over streamable HTTP."""

from collections.abc import Callable
from functools import wraps

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from starlette.routing import BaseRoute

from todo.store import TaskNotFound
from todo.tools import Tools


def build(tools: Tools) -> tuple[MCPServer, list[BaseRoute]]:
    """The server, whose session manager the app has to run, and its routes."""
    server = MCPServer("todo", instructions="Manages a todo list.")
    for tool in tools.all():
        server.add_tool(explained(tool))
    app = server.streamable_http_app(
        streamable_http_path="/mcp",
        # No sessions: any replica can answer any request.
        stateless_http=True,
        json_response=True,
        # The check is for servers on a desktop; behind a Service the host name varies.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    return server, app.routes


def explained(tool: Callable) -> Callable:
    """The same tool; the server hides the text of any error but its own."""

    @wraps(tool)
    def call(*args, **kwargs):
        try:
            return tool(*args, **kwargs)
        except TaskNotFound as error:
            raise ToolError(str(error)) from error

    return call
