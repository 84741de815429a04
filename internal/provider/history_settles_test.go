// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flux2-provider/terraform-provider-flux2/internal/acctest"
)

// A history in which others' requests appear while it is read comes to an end,
// and one that never shows the same twice is no ground to pay on.
func TestReuse_readsAHistoryThatMoves(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		// newcomers are how old requests are that show for the first time.
		newcomers    time.Duration
		says         string
		looks, posts int64
	}{
		"others send meanwhile": {newcomers: -time.Hour, says: "Image Not Submitted", looks: 4, posts: 1},
		"never the same":        {newcomers: time.Hour, says: "shows other requests each time", looks: 20, posts: 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			var looks, posts atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					posts.Add(1)
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				look := looks.Add(1)
				var items []string
				for i := range 100 {
					items = append(items, fmt.Sprintf(`{"request_id":"r-%d-%d","sent_at":%q,"json_input":{"prompt":"another"}}`, look, i, time.Now().Add(-test.newcomers).UTC().Format(time.RFC3339)))
				}
				w.Header().Set("Content-Type", "application/json")
				_, _ = fmt.Fprintf(w, `{"items":[%s],"has_more":%t,"next_cursor":"2"}`, strings.Join(items, ","), r.URL.Query().Get("cursor") == "")
			}))
			t.Cleanup(server.Close)

			env := acctest.New(t)
			c := converse(t, env, nil)
			if said := c.configure(t, arguments{
				"api_key": word("an-id:a-secret"), "queue_url": word(server.URL), "run_url": word(server.URL), "platform_url": word(server.URL),
				"reuse_requests_within": word("1d"),
			}); len(said) > 0 {
				t.Fatalf("configuring said %s", spoken(said))
			}
			said := spoken(c.create(t, arguments{"prompt": word("a lighthouse at dusk")}).Diagnostics)
			if !strings.Contains(said, test.says) {
				t.Errorf("it says %q, want %q in it", said, test.says)
			}
			if looks.Load() != test.looks || posts.Load() != test.posts {
				t.Errorf("%d pages were read and %d images submitted, want %d and %d", looks.Load(), posts.Load(), test.looks, test.posts)
			}
			env.ExpectSubmissions(t, 0)
		})
	}
}
