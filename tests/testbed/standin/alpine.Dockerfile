ARG BASE
FROM ${BASE}
CMD ["/bin/sh"]
