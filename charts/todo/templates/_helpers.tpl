{{- /* bowline:v1 task=todo-chatbot/T060 req=todo-chatbot/FR-002,todo-chatbot/FR-015 source=66873257a321 body=fccfbccdd0ec */ -}}
{{/* Labels of each unit: what its pods are selected by, and what all of its objects carry. */}}
{{- define "todo.todo.selectorLabels" -}}
app.kubernetes.io/name: todo
app.kubernetes.io/instance: todo
{{- end }}

{{- define "todo.todo.labels" -}}
{{ include "todo.todo.selectorLabels" . }}
app.kubernetes.io/component: app
app.kubernetes.io/part-of: todo
{{- end }}

{{- define "todo.database.selectorLabels" -}}
app.kubernetes.io/name: database
app.kubernetes.io/instance: todo-database
{{- end }}

{{- define "todo.database.labels" -}}
{{ include "todo.database.selectorLabels" . }}
app.kubernetes.io/component: resource
app.kubernetes.io/part-of: todo
{{- end }}

{{- define "todo.database-migrate.selectorLabels" -}}
app.kubernetes.io/name: database-migrate
app.kubernetes.io/instance: todo-database-migrate
{{- end }}

{{- define "todo.database-migrate.labels" -}}
{{ include "todo.database-migrate.selectorLabels" . }}
app.kubernetes.io/component: migration
app.kubernetes.io/part-of: todo
{{- end }}

{{- define "todo.backend.selectorLabels" -}}
app.kubernetes.io/name: backend
app.kubernetes.io/instance: todo-backend
{{- end }}

{{- define "todo.backend.labels" -}}
{{ include "todo.backend.selectorLabels" . }}
app.kubernetes.io/component: service
app.kubernetes.io/part-of: todo
{{- end }}

{{- define "todo.frontend.selectorLabels" -}}
app.kubernetes.io/name: frontend
app.kubernetes.io/instance: todo-frontend
{{- end }}

{{- define "todo.frontend.labels" -}}
{{ include "todo.frontend.selectorLabels" . }}
app.kubernetes.io/component: service
app.kubernetes.io/part-of: todo
{{- end }}
