{#-
kind: ChartHelpers
for: [app]
layer: helm
file: templates/_helpers.tpl
task: Write the helpers of the {unit} chart
after: [Chart]
-#}
