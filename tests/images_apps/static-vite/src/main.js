document.body.append("Board");
