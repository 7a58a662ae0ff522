package main

import (
	"net/http"
	"os"

	"github.com/google/uuid"
)

func main() {
	http.HandleFunc("GET /health", func(answer http.ResponseWriter, request *http.Request) {
		answer.Write([]byte(uuid.NewString()))
	})
	http.ListenAndServe(":"+os.Getenv("PORT"), nil)
}
