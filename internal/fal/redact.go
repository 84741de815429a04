// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// The key is sent to fal, and whatever answers may repeat it anywhere: in a
// body, a header, a URL, a line of a model's log. So it is taken out where
// answers come in, before anybody reads them, and once more where texts for
// people go out, which may also be made of errors of the network's libraries.

// redacted stands where the key was.
const redacted = "[redacted]"

// How long a half of the key has to be, in bytes, to be looked for. In texts for
// people a word too many does no harm. In answers it would: a short half may
// well be a part of a URL, or of a picture in base64.
const (
	shortestInText   = 4
	shortestInAnswer = 12
)

// redactor takes a key and its halves out of texts.
type redactor struct {
	// forms are all ways of writing them that it knows.
	forms    []string
	replacer *strings.Replacer
}

func newRedactor(key string, shortest int) redactor {
	var forms []string
	if len(key) >= shortestInText {
		for _, whole := range []string{key, inBase64(key), inBase64("Key " + key)} {
			forms = append(forms, formsOf(whole)...)
		}
	}
	id, secret, _ := strings.Cut(key, ":")
	for _, half := range []string{secret, id} {
		if len(half) >= shortest {
			forms = append(forms, formsOf(half)...)
		}
	}
	// At the same place the longest goes first, or its end would stay.
	slices.SortStableFunc(forms, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, form := range forms {
		pairs = append(pairs, form, redacted)
	}
	return redactor{forms: forms, replacer: strings.NewReplacer(pairs...)}
}

// formsOf are the ways in which a word is written by whoever was sent it in a
// header, and by ourselves in errors that quote a URL: as it is, in a query or a
// path, and in JSON.
func formsOf(word string) []string {
	return []string{
		word, url.QueryEscape(word), url.PathEscape(word), (&url.URL{Path: word}).EscapedPath(), inJSON(word, true), inJSON(word, false),
	}
}

// inJSON is a word within a JSON string, safe for a page or not.
func inJSON(word string, forPages bool) string {
	var written bytes.Buffer
	encoder := json.NewEncoder(&written)
	encoder.SetEscapeHTML(forPages)
	if encoder.Encode(word) != nil {
		return word
	}
	quoted := strings.TrimSuffix(written.String(), "\n")
	return quoted[1 : len(quoted)-1]
}

// inBase64 leaves out the padding, which not everybody writes.
func inBase64(word string) string {
	return base64.RawStdEncoding.EncodeToString([]byte(word))
}

// isIn reports whether a text has the key as it is. That takes far less time
// than to replace it, in a text that may hold pictures.
func (r redactor) isIn(text []byte) bool {
	return slices.ContainsFunc(r.forms, func(form string) bool { return bytes.Contains(text, []byte(form)) })
}

// text takes the key out of a text.
func (r redactor) text(text string) string {
	return r.replacer.Replace(text)
}

// answer takes the key out of a body. In JSON, what counts is what a string
// says, however it is escaped.
func (r redactor) answer(body []byte) []byte {
	switch {
	case !bytes.Contains(body, []byte(`\`)) && !r.isIn(body):
		return body
	case len(body) == 0 || body[0] != '{' && body[0] != '[':
		return []byte(r.text(string(body)))
	}
	clean := make([]byte, 0, len(body))
	for {
		start := bytes.IndexByte(body, '"')
		if start < 0 {
			return append(clean, body...)
		}
		end := start + lengthOfString(body[start:])
		clean = append(clean, body[:start]...)
		clean = append(clean, r.jsonString(body[start:end])...)
		body = body[end:]
	}
}

// lengthOfString is where the JSON string ends that a text begins with.
func lengthOfString(text []byte) int {
	for at := 1; at < len(text); at++ {
		switch text[at] {
		case '\\':
			at++
		case '"':
			return at + 1
		}
	}
	return len(text)
}

// jsonString takes the key out of a JSON string.
func (r redactor) jsonString(quoted []byte) []byte {
	var said string
	escaped := bytes.Contains(quoted, []byte(`\`)) && json.Unmarshal(quoted, &said) == nil
	switch {
	case !escaped && !r.isIn(quoted), escaped && !r.isIn([]byte(said)):
		return quoted
	case !escaped:
		return []byte(r.text(string(quoted)))
	}
	clean, err := json.Marshal(r.text(said))
	if err != nil {
		return []byte(`""`)
	}
	return clean
}

// hasKey reports whether a text has the key in it, or the place where it was.
func (c *Client) hasKey(text string) bool {
	return c.inTexts.text(text) != text || strings.Contains(text, redacted)
}

// presentable clips a server's text, makes it one line and takes the key out.
func (c *Client) presentable(text string) string {
	// Far beyond what is kept, so that no key is cut in two.
	text = c.inTexts.text(text[:min(len(text), 32*longestMessage)])
	text = strings.Join(strings.Fields(Printable(text)), " ")
	if len(text) > longestMessage {
		text = strings.ToValidUTF8(text[:longestMessage], "") + " …"
	}
	return text
}

// Printable replaces what a terminal would act on. Line ends and tabs stay.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) && r != '\n' && r != '\t' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}
