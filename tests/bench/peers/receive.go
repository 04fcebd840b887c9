// SPDX-License-Identifier: ISC
// What a careful user would write in Go: verifies, appends, one sync for all
// who wait.  No dedupe, no look at the JSON.
// usage: receive ADDRESS LOG SECRET
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

type line struct {
	data []byte
	done chan error
}

// Writes what has come together, syncs once, answers all of it.
func write(file *os.File, lines chan line) {
	for first := range lines {
		batch := []line{first}
		data := append([]byte{}, first.data...)
	more:
		for len(batch) < 256 {
			select {
			case next := <-lines:
				batch = append(batch, next)
				data = append(data, next.data...)
			default:
				break more
			}
		}
		_, err := file.Write(data)
		if err == nil {
			err = syscall.Fdatasync(int(file.Fd()))
		}
		for _, each := range batch {
			each.done <- err
		}
	}
}

func main() {
	key, err := base64.StdEncoding.DecodeString(
		strings.TrimPrefix(os.Args[3], "whsec_"))
	if err != nil {
		log.Fatal(err)
	}
	file, err := os.OpenFile(os.Args[2],
		os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0600)
	if err != nil {
		log.Fatal(err)
	}
	lines := make(chan line, 256)
	go write(file, lines)
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 2<<20))
		if err != nil {
			http.Error(w, "", 400)
			return
		}
		sent := r.Header.Get("svix-timestamp")
		at, err := strconv.ParseInt(sent, 10, 64)
		age := time.Now().Unix() - at
		mac := hmac.New(sha256.New, key)
		io.WriteString(mac, r.Header.Get("svix-id")+"."+sent+".")
		mac.Write(body)
		want := []byte("v1," +
			base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		good := false
		for _, each := range strings.Fields(
			r.Header.Get("svix-signature")) {
			good = hmac.Equal(want, []byte(each)) || good
		}
		if err != nil || !good || age > 300 || age < -300 {
			http.Error(w, "", 400)
			return
		}
		done := make(chan error, 1)
		lines <- line{append(body, '\n'), done}
		if <-done != nil {
			http.Error(w, "", 500)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"status":"success"}`)
	})
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}
