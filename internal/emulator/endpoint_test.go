// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package emulator

import (
	"net/http"
	"strings"
	"testing"
)

// What fal has and the emulator hasn't is not answered in fal's words: they would
// say that fal hasn't got it either.
func TestEndpointsThatAreNotImitated(t *testing.T) {
	t.Parallel()

	f := newFixture(t, WithEndpoints("fal-ai/flux-2/turbo"))
	for id, difference := range map[string]string{"fal-ai/flux-2-pro": "guidance_scale", "fal-ai/flux-2/edit": "image_urls", "fal-ai/flux-2/klein/9b/lora": "loras"} {
		want := "The emulator does not imitate " + id + ", whose input is another: "
		list := "It imitates fal-ai/flux-2-dev and fal-ai/flux-2 and fal-ai/flux-2/turbo."
		for what, r := range map[string]response{
			"submit":   f.do(http.MethodPost, "/queue/"+id, cat),
			"run":      f.do(http.MethodPost, "/run/"+id, cat),
			"price":    f.get(platform + "models/pricing?endpoint_id=" + id),
			"estimate": f.do(http.MethodPost, platform+"models/pricing/estimate", `{"estimate_type":"unit_price","endpoints":{"`+id+`":{"unit_quantity":50}}}`),
			"model":    f.get(platform + "models?endpoint_id=" + id),
		} {
			expect(t, r, http.StatusNotFound, "")
			if !strings.Contains(r.text, want) || !strings.Contains(r.text, difference) || !strings.Contains(r.text, list) {
				t.Errorf("%s at %s: %s", what, id, r.text)
			}
		}
	}
	if submitted := len(f.Submissions()); submitted != 0 {
		t.Errorf("accepted %d submissions", submitted)
	}
	// One that it was told to have, and those that fal hasn't got either.
	expect(t, f.do(http.MethodPost, "/queue/fal-ai/flux-2/turbo", cat), http.StatusOK, "")
	expect(t, f.do(http.MethodPost, "/queue/fal-ai/flux-3-pro", cat), http.StatusNotFound, `{"detail":"Application \"fal-ai/flux-3-pro\" not found"}`)
}
