// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
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
	id, secret, _ := strings.Cut(key, ":")
	var forms []string
	if len(key) >= shortestInText {
		forms = formsOf(key)
	}
	for _, half := range []string{secret, id} {
		if len(half) < shortest {
			continue
		}
		forms = append(forms, formsOf(half)...)
		if len(half) >= shortestInAnswer {
			// Hexadecimal digits are the same in capitals.
			forms = append(forms, strings.ToUpper(half), strings.ToLower(half))
		}
	}
	var pairs []string
	for _, form := range forms {
		pairs = append(pairs, form, redacted)
	}
	return redactor{forms: forms, replacer: strings.NewReplacer(pairs...)}
}

// formsOf are the ways in which servers write what they were sent: as it is, for
// JSON, for a URL, for a page, in hexadecimal digits and in base64. Errors quote
// what may be quoted.
func formsOf(word string) []string {
	inQuery := url.QueryEscape(word)
	// JavaScript's functions leave some characters alone.
	inComponent := strings.NewReplacer("+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*").Replace(inQuery)
	inAddress := strings.NewReplacer("%23", "#", "%24", "$", "%26", "&", "%2B", "+", "%2C", ",", "%2F", "/", "%3A", ":", "%3B", ";", "%3D", "=", "%3F", "?", "%40", "@").
		Replace(inComponent)
	inHex := hex.EncodeToString([]byte(word))
	forms := []string{word, html.EscapeString(word), inHex, strings.ToUpper(inHex)}
	for _, escaped := range []string{inQuery, inComponent, inAddress, url.PathEscape(word), url.User(word).String()} {
		forms = append(forms, escaped, inLowerCase(escaped))
	}
	for range 2 {
		for _, form := range slices.Clone(forms) {
			forms = append(forms, quotations(form)...)
		}
		slices.Sort(forms)
		forms = slices.Compact(forms)
	}
	for _, encoded := range inBase64(word) {
		forms = append(forms, encoded, url.QueryEscape(encoded), inLowerCase(url.QueryEscape(encoded)))
	}
	slices.Sort(forms)
	forms = slices.Compact(forms)
	// At the same place the longest goes first, or its end would stay.
	slices.SortStableFunc(forms, func(a, b string) int { return len(b) - len(a) })
	return forms
}

// quotations are a word within a JSON string, safe for a page and not, and with
// slashes escaped as some do.
func quotations(word string) []string {
	var quoted []string
	for _, forPages := range []bool{true, false} {
		var written bytes.Buffer
		encoder := json.NewEncoder(&written)
		encoder.SetEscapeHTML(forPages)
		if encoder.Encode(word) == nil {
			line := strings.TrimSuffix(written.String(), "\n")
			inner := line[1 : len(line)-1]
			quoted = append(quoted, inner, strings.ReplaceAll(inner, "/", `\/`))
		}
	}
	return quoted
}

// inLowerCase writes percent-encoding, and nothing else, with small letters.
func inLowerCase(escaped string) string {
	parts := strings.Split(escaped, "%")
	for i, part := range parts[1:] {
		digits := min(2, len(part))
		parts[i+1] = strings.ToLower(part[:digits]) + part[digits:]
	}
	return strings.Join(parts, "%")
}

// inBase64 is what base64 makes of a word wherever it stands in a text, with
// either alphabet: the characters that depend on nothing before or after it.
func inBase64(word string) []string {
	var forms []string
	for before := range 3 {
		padded := []byte(strings.Repeat(" ", before) + word)
		first, end := (before*8+5)/6, len(padded)*8/6
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			forms = append(forms, encoding.EncodeToString(padded)[first:end])
		}
	}
	return forms
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

// presentable clips a server's text, makes it one line and takes the key out.
func (c *Client) presentable(text string) string {
	// Far beyond what is kept, so that no key is cut in two.
	text = c.inTexts.text(text[:min(len(text), 32*longestMessage)])
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > longestMessage {
		text = strings.ToValidUTF8(text[:longestMessage], "") + " …"
	}
	return text
}
