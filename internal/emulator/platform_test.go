// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

const platform = "/platform/v1/"

func TestPlatform(t *testing.T) {
	t.Parallel()
	const user, admin = "user:secret", "admin:secret"
	type test struct {
		method, path, key, body string
		status                  int
		want                    string
	}
	failure := func(kind, message string) string {
		return `{"error":{"type":"` + kind + `","message":"` + message + `"}}`
	}
	for name, test := range map[string]test{
		"prices": {"GET", "models/pricing?endpoint_id=fal-ai/flux-2", user, "", 200,
			`{"prices":[{"endpoint_id":"fal-ai/flux-2","unit_price":0.012,"unit":"megapixels","currency":"USD"}],"next_cursor":null,"has_more":false}`},
		"all prices": {"GET", "models/pricing?limit=1", user, "", 200,
			`{"prices":[{"endpoint_id":"fal-ai/flux-2-dev","unit_price":0,"unit":"compute seconds","currency":"USD"}],"next_cursor":"Mg","has_more":true}`},
		"no price":        {"GET", "models/pricing?endpoint_id=no/such", user, "", 404, failure("not_found", "Endpoint(s) not found")},
		"prices, no key":  {"GET", "models/pricing", "", "", 401, failure("authorization_error", "API key authentication required")},
		"prices, bad key": {"GET", "models/pricing", "x:y", "", 401, failure("authorization_error", "invalid key credentials")},
		"estimate of units": {"POST", "models/pricing/estimate", user, `{"estimate_type":"unit_price","endpoints":{"fal-ai/flux-2":{"unit_quantity":50}}}`, 200,
			`{"estimate_type":"unit_price","total_cost":0.6,"currency":"USD"}`},
		"estimate of calls": {"POST", "models/pricing/estimate", user, `{"estimate_type":"historical_api_price","endpoints":{"fal-ai/flux-2":{"call_quantity":100}}}`, 200,
			`{"estimate_type":"historical_api_price","total_cost":1.2,"currency":"USD"}`},
		"estimate of nothing":  {"POST", "models/pricing/estimate", user, `{"estimate_type":"unit_price","endpoints":{}}`, 400, failure("validation_error", "endpoints: between 1 and 50 are needed")},
		"estimate too small":   {"POST", "models/pricing/estimate", user, `{"estimate_type":"unit_price","endpoints":{"fal-ai/flux-2":{"unit_quantity":0}}}`, 400, failure("validation_error", "endpoints.fal-ai/flux-2: a quantity is missing or too small")},
		"estimate of no type":  {"POST", "models/pricing/estimate", user, `{"endpoints":{"fal-ai/flux-2":{"unit_quantity":1}}}`, 400, failure("validation_error", "estimate_type: Invalid option")},
		"estimate of no model": {"POST", "models/pricing/estimate", user, `{"estimate_type":"unit_price","endpoints":{"no/such":{"unit_quantity":1}}}`, 404, failure("not_found", "Endpoint(s) not found")},
		"estimate of no JSON":  {"POST", "models/pricing/estimate", user, `[`, 400, failure("validation_error", "Invalid request body")},
		"estimate by GET":      {"GET", "models/pricing/estimate", user, ``, 405, failure("validation_error", "Method not allowed")},
		"models without a key": {"GET", "models?endpoint_id=fal-ai/flux-2-dev", "", "", 200, `{"models":[{"endpoint_id":"fal-ai/flux-2-dev"}],"next_cursor":null,"has_more":false}`},
		"models, bad key":      {"GET", "models", "x:y", "", 401, failure("authorization_error", "invalid key credentials")},
		"no model":             {"GET", "models?endpoint_id=no/such", user, "", 404, failure("not_found", "Endpoint(s) not found")},
		"keys of a user":       {"GET", "keys", user, "", 403, failure("authorization_error", "This API key is not permitted to perform this action.")},
		"keys": {"GET", "keys?limit=1", admin, "", 200,
			`{"keys":[{"key_id":"user","alias":"user","scope":"API","created_at":"0001-01-01T00:00:00.000Z"}],"next_cursor":"Mg","has_more":true}`},
		"key without a name": {"POST", "keys", admin, `{}`, 400, failure("validation_error", "alias: Required")},
		"delete any key":     {"DELETE", "keys/nonsense", admin, "", 204, ""},
		"key by GET":         {"GET", "keys/user", admin, "", 405, failure("validation_error", "Method not allowed")},
		"delete, by a user":  {"DELETE", "models/requests/x/payloads", user, "", 403, failure("authorization_error", "This API key is not permitted to perform this action.")},
		"delete unknown":     {"DELETE", "models/requests/x/payloads", admin, "", 404, failure("not_found", "Request not found")},
		"unknown":            {"GET", "nonsense", user, "", 404, failure("not_found", "There is nothing at /platform/v1/nonsense")},
		"unversioned":        {"GET", "../models", user, "", 404, failure("not_found", "There is nothing at /platform/models")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, WithKey(user), WithKey(admin, ScopeAdmin))
			auth := ""
			if test.key != "" {
				auth = "Key " + test.key
			}
			path := strings.Replace(platform+test.path, "v1/../", "", 1)
			expect(t, f.do(test.method, path, test.body, "Authorization", auth), test.status, test.want)
		})
	}
}

func TestMadeKeyWorks(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithKey(testKey, ScopeAdmin))
	r := f.do(http.MethodPost, platform+"keys", `{"alias":"ci"}`)
	expect(t, r, http.StatusCreated, "")
	made, _ := r.json(t)["key"].(string)
	expect(t, f.do(http.MethodPost, dev, cat, "Authorization", "Key "+made), http.StatusOK, "")
	id, _ := r.json(t)["key_id"].(string)
	expect(t, f.do(http.MethodDelete, platform+"keys/"+id, ""), http.StatusNoContent, "")
	expect(t, f.do(http.MethodPost, dev, cat, "Authorization", "Key "+made), http.StatusUnauthorized, "")
}

func TestModelMetadata(t *testing.T) {
	t.Parallel()
	const path = platform + "models?endpoint_id=fal-ai/flux-2"
	f := newFixture(t)
	if r := f.get(path); !strings.Contains(r.text, `"display_name":"flux-2"`) {
		t.Errorf("model %s", r.text)
	}
	f = newFixture(t, WithoutModelMetadata())
	if r := f.get(path); strings.Contains(r.text, "metadata") {
		t.Errorf("model %s", r.text)
	}
}

func TestPricesAreConfigurable(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithPrice(Price{"fal-ai/flux-2", 0.5, "image", "EUR"}), WithPrice(Price{"a/b", 2, "image", "EUR"}))
	if r := f.get(platform + "models/pricing?endpoint_id=fal-ai/flux-2,a/b"); !strings.Contains(r.text, `"unit_price":0.5`) || !strings.Contains(r.text, "a/b") {
		t.Errorf("prices %s", r.text)
	}
	f = newFixture(t, WithoutPrices())
	expect(t, f.get(platform+"models/pricing"), http.StatusOK, `{"prices":[],"next_cursor":null,"has_more":false}`)
}

func TestDeletePayloads(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.submit(`{"prompt":"cat","image_size":"square"}`)
	r, _ := f.Request(id)
	media := r.Media[0]
	expect(t, f.get(media), http.StatusOK, "")
	path := platform + "models/requests/" + id + "/payloads"
	want := `{"cdn_delete_results":[{"link":"` + f.url + media + `","exception":null}]}`
	expect(t, f.do(http.MethodDelete, path, "", "Idempotency-Key", "once"), http.StatusOK, want)
	expect(t, f.get(media), http.StatusNotFound, "")
	expect(t, f.get(request(id)), http.StatusNotFound, "")
	if r := f.get(historyPath + "&expand=payloads"); len(ids(t, r)) != 1 || strings.Contains(r.text, "json_") {
		t.Errorf("history %s", r.text)
	}
	expect(t, f.do(http.MethodDelete, path, "", "Idempotency-Key", "once"), http.StatusOK, want)
	f.clock.Advance(10 * time.Minute)
	expect(t, f.do(http.MethodDelete, path, "", "Idempotency-Key", "once"), http.StatusOK, `{"cdn_delete_results":[]}`)
}

func TestDeletePayloadsFailsForAFile(t *testing.T) {
	t.Parallel()
	f := newFixture(t, WithFaults(Fault{Job: &JobFault{DeleteError: "CDN unavailable"}}))
	id := f.submit(`{"prompt":"cat","image_size":"square"}`)
	r, _ := f.Request(id)
	expect(t, f.do(http.MethodDelete, platform+"models/requests/"+id+"/payloads", ""), http.StatusOK,
		`{"cdn_delete_results":[{"link":"`+f.url+r.Media[0]+`","exception":"CDN unavailable"}]}`)
	expect(t, f.get(r.Media[0]), http.StatusOK, "")
}
