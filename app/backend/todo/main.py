"""Where the server starts: uvicorn todo.main:app --host 0.0.0.0 --port 8000"""

from todo import app as application
from todo import config, logs

logs.configure()
app = application.create(config.load())
