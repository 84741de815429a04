// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/diagnostics"
	"github.com/flux2-provider/terraform-provider-flux2/internal/store"
)

// submissionsLeft tells of what an earlier run may have paid for, and that no
// state has.
func submissionsLeft(left []store.Entry, workspace string) diag.Diagnostic {
	const most = 5
	var lines []string
	for _, entry := range left[:min(most, len(left))] {
		what := "request " + entry.RequestID
		if entry.RequestID == "" {
			what = "a submission whose outcome is not known"
		}
		line := fmt.Sprintf("  - %s, sent to %s at %s, noted in %s", what, entry.EndpointID, entry.Time.UTC().Format(time.RFC3339), entry.Path)
		if entry.Workspace != workspace {
			line += ", for another state: " + entry.Workspace
		}
		lines = append(lines, line)
	}
	if more := len(left) - most; more > 0 {
		lines = append(lines, fmt.Sprintf("  - and %d more in the same folder", more))
	}
	return diag.NewWarningDiagnostic("Submissions of an Earlier Run Are Open", diagnostics.Detail(
		"An earlier run ended before the state had these requests, which fal may bill:\n"+strings.Join(lines, "\n"),
		"An apply of that state takes them for images with the same inputs, and pays nothing for those. Where the outcome is not known, it searches fal's request history first, "+
			"for up to ten minutes after the submission.",
		"If no image has these inputs any more, look for the request in fal's dashboard. Import it if you want it. Then delete its file, and this warning ends."))
}
