// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
)

// reply is an answer before it is sent, so that faults can alter it.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// answer is a reply with a JSON body.
func answer(status int, body any) reply {
	return reply{
		status: status,
		header: http.Header{"Content-Type": {"application/json"}},
		body:   encode(body),
	}
}

func (r reply) with(name, value string) reply {
	r.header.Set(name, value)
	return r
}

// detail is fal's plainest error.
func detail(status int, text string) reply {
	return answer(status, map[string]any{"detail": text})
}

// platformError is the platform API's error.
func platformError(status int, kind, message string) reply {
	return answer(status, map[string]any{"error": map[string]any{"type": kind, "message": message}})
}

// outcome is the queue's answer to what it doesn't know or has done.
func outcome(status int, word string) reply {
	return answer(status, map[string]any{"status": word})
}

func encode(value any) []byte {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		// Only values of this package are encoded, all of which can be.
		panic(err)
	}
	return bytes.TrimRight(body.Bytes(), "\n")
}

// gateway is the page of fal's ingress in front of everything.
func gateway(status int) reply {
	title := strconv.Itoa(status) + " " + http.StatusText(status)
	return reply{
		status: status,
		header: http.Header{"Content-Type": {"text/html"}},
		body: []byte("<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title +
			"</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"),
	}
}
