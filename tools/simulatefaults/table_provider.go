// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package main

// The simulation, and the files of the provider with most faults.
const (
	provider = "TestProvider"

	imageResource = "internal/provider/images/resource.go"
	imageRequest  = "internal/provider/images/request.go"
	imageChange   = "internal/provider/images/change.go"
	diagnostics   = "internal/provider/images/diagnostics.go"
)

// providerFaults are those that show only where an engine keeps a state.
var providerFaults = []fault{
	{
		"that fal does not know a request is kept in state", provider,
		[]edit{{imageRequest, "	case requests.Forgotten:\n		return true, ", "	case requests.Forgotten:\n		image.takeFailure(end)\n		return true, "}},
	},
	{
		"what one answer says of a finished request is kept in state", provider,
		[]edit{{imageRequest, "	if end.Status == fal.Completed {\n		said := ", "	if end.Status == fal.Completed {\n		image.takeFailure(end)\n		said := "}},
	},
	{
		"an interrupted wait is an error, so that the image is tainted", provider,
		[]edit{{diagnostics, "	return diag.NewWarningDiagnostic(\"Image Still Being Generated\", ", "	return diag.NewErrorDiagnostic(\"Image Still Being Generated\", "}},
	},
	{
		"a request that was cancelled on our word is kept as a failure", provider,
		[]edit{{imageRequest, "		if cancellationAsked(ctx, private) {\n			// By", "		if false {\n			// By"}},
	},
	{
		"an image that was given up is not marked", provider,
		[]edit{{imageResource, "		image.WaitAbandoned = types.BoolValue(true)\n", ""}},
	},
	{
		"a refresh collects what was given up", provider,
		[]edit{{imageResource, "	case image.abandoned():\n		// To", "	case false:\n		// To"}},
	},
	{
		"what was given up is deleted and not handed over", provider,
		[]edit{{imageResource, "	if givenUp && !isMarked(ctx, req.Private, privateDestroyed) {", "	if false {"}},
	},
	{
		"a creation that is given up leaves nothing in state, nor in the journal", provider,
		[]edit{
			{imageResource, "		if obtained.GivenUp {\n", "		if true {\n"},
			{"internal/requests/journal.go", "	j.mutex.Unlock()\n	j.keepProblem(held.NoteAbandoned())", "	j.mutex.Unlock()\n	j.keepProblem(held.Close())"},
		},
	},
	{
		"a request that is given up a second time gets a second object", provider,
		[]edit{{imageResource, "		if obtained.GivenUp {\n", "		if false {\n"}},
	},
	{
		"an unfinished image is not waited for by the next run", provider,
		[]edit{{imageChange, "	mayWait := plan", "	mayWait := false && plan"}},
	},
	{
		"a plan with an unfinished image promises that nothing changes", provider,
		[]edit{{imageChange, "		maps.Copy(planned, unknownResult())\n", "		maps.Copy(planned, map[string]attr.Value{\"status\": types.StringUnknown()})\n"}},
	},
	{
		"one answer to HEAD is enough for a picture to be gone", provider,
		[]edit{{"internal/imagefile/client.go", "		err = c.do(budget, question)\n	}", "	}"}},
	},
	{
		"the note of a submission ends when the creation does, before the state is saved", provider,
		[]edit{{
			imageResource, "	resp.Diagnostics.Append(saveHandle(ctx, resp.Private, obtained.Handle)...)\n",
			"	resp.Diagnostics.Append(saveHandle(ctx, resp.Private, obtained.Handle)...)\n	r.shared.Service.InState(image.RequestID.ValueString())\n",
		}},
	},
}
