// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package fal

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// entry is a request of the history.
func entry(id string, sentAt time.Time, input string) string {
	return fmt.Sprintf(`{"request_id":%q,"sent_at":%q,"json_input":%s}`, id, sentAt.Format(time.RFC3339Nano), input)
}

func page(entries ...string) string {
	return `{"items":[` + strings.Join(entries, ",") + `],"has_more":false}`
}

func TestSameInput(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		sent, stored string
		want         bool
	}{
		"equal":                {`{"a":1}`, `{"a":1}`, true},
		"order and spaces":     {`{"a":1,"b":"x"}`, ` { "b" : "x", "a" : 1 } `, true},
		"defaults added":       {`{"a":1}`, `{"a":1,"b":null}`, true},
		"empty":                {`{}`, `{"a":1}`, true},
		"missing":              {`{"a":1,"b":2}`, `{"a":1}`, false},
		"null for missing":     {`{"a":null}`, `{}`, false},
		"null":                 {`{"a":null}`, `{"a":null}`, true},
		"type":                 {`{"a":"1"}`, `{"a":1}`, false},
		"bool":                 {`{"a":true}`, `{"a":false}`, false},
		"nested":               {`{"a":{"w":1,"h":2}}`, `{"a":{"h":2,"w":1.0}}`, true},
		"nested addition":      {`{"a":{"w":1}}`, `{"a":{"w":1,"h":2}}`, false},
		"list":                 {`{"a":[1,{"b":2}]}`, `{"a":[1.0,{"b":2e0}]}`, true},
		"list order":           {`{"a":[1,2]}`, `{"a":[2,1]}`, false},
		"list length":          {`{"a":[1]}`, `{"a":[1,2]}`, false},
		"escapes":              {`{"a":"é"}`, `{"a":"\u00e9"}`, true},
		"trailing zero":        {`{"a":2.5}`, `{"a":2.50}`, true},
		"whole float":          {`{"a":28}`, `{"a":28.0}`, true},
		"exponent":             {`{"a":1000}`, `{"a":1E+3}`, true},
		"small exponent":       {`{"a":0.025}`, `{"a":25e-3}`, true},
		"minus":                {`{"a":-1}`, `{"a":1}`, false},
		"minus zero":           {`{"a":-0.0}`, `{"a":0}`, true},
		"huge zero":            {`{"a":0e999999999999}`, `{"a":0}`, false},
		"big integers":         {`{"a":9007199254740993}`, `{"a":9007199254740992}`, false},
		"biggest seed":         {`{"a":9223372036854775807}`, `{"a":9223372036854775807}`, true},
		"biggest seed rounded": {`{"a":9223372036854775807}`, `{"a":9223372036854775808.0}`, false},
		"biggest seed float":   {`{"a":9223372036854775807}`, `{"a":9.223372036854776e18}`, false},
		"same float":           {`{"a":0.1}`, `{"a":0.10000000000000001}`, true},
		"an integer is exact":  {`{"a":9007199254740993}`, `{"a":9007199254740992.5}`, false},
		"also the stored one":  {`{"a":9007199254740992.5}`, `{"a":9007199254740993}`, false},
		"other float":          {`{"a":0.1}`, `{"a":0.1000000000000001}`, false},
		"enormous":             {`{"a":1e2000000000}`, `{"a":1e2000000000}`, true},
		"more enormous":        {`{"a":1e99999999999999999999}`, `{"a":1e99999999999999999998}`, false},
		"duplicate":            {`{"a":1}`, `{"a":2,"a":1}`, true},
		"not stored":           {`{"a":1}`, ``, false},
		"not an object":        {`[]`, `[]`, false},
		"nothing":              {`null`, `null`, false},
		"cut":                  {`{"a":1`, `{"a":1`, false},
		"more than one":        {`{"a":1}`, `{"a":1}{"a":1}`, false},
		"not a number":         {`{"a":NaN}`, `{"a":NaN}`, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := SameInput(json.RawMessage(test.sent), json.RawMessage(test.stored)); got != test.want {
				t.Errorf("%s in %s: %t, want %t", test.sent, test.stored, got, test.want)
			}
		})
	}
}

// Somebody has prompted the key: what fal tells of it comes without.
func TestClientSameInput(t *testing.T) {
	t.Parallel()
	c := client(t, "http://127.0.0.1")
	sent := json.RawMessage(`{"prompt":"a heron with ` + testKey + ` on its back"}`)
	if !c.SameInput(sent, c.inAnswers.answer(sent)) || c.SameInput(sent, json.RawMessage(`{"prompt":"a heron"}`)) {
		t.Error("an input with the key in it is not told from others")
	}
}
