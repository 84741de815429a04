// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Package diagnostics holds the words that the diagnostics of several rooms share.
// What only one of them says is there.
package diagnostics

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/attributes"
)

// Detail joins the paragraphs of a diagnostic, without the empty ones.
func Detail(paragraphs ...string) string {
	var kept []string
	for _, paragraph := range paragraphs {
		if paragraph != "" {
			kept = append(kept, paragraph)
		}
	}
	return strings.Join(kept, "\n\n")
}

// Advice says what to do about an error that is not about the request itself.
// It is empty where nothing better can be said than what fal said.
func Advice(err error) string {
	ranOut, failure := (*attributes.LateError)(nil), (*fal.Error)(nil)
	switch {
	case errors.As(err, &ranOut):
		return strings.TrimSpace(Advice(ranOut.Err) + " " + ranOut.Limit.MoreTime())
	case errors.As(err, &failure) && failure.LastAttempt != nil:
		return Advice(failure.LastAttempt)
	case errors.Is(err, fal.ErrNoKey):
		return "Set the environment variable FAL_KEY, or api_key in the provider block."
	case errors.Is(err, fal.ErrUnauthorized):
		return "fal does not accept the API key. Check FAL_KEY, or api_key in the provider block: it must be a whole key, id:secret, that has not been revoked."
	case errors.Is(err, fal.ErrLocked):
		return "The key is right, but fal has locked the account, most often because its balance is used up: then top it up in fal's dashboard under Billing; " +
			"the lock may take a while to go away. Any other lock is for fal's support to lift. Nothing that was paid for is lost."
	case errors.Is(err, fal.ErrForbidden):
		return "The key may not do this. Check its scope and permissions in fal's dashboard."
	case errors.As(err, &failure) && failure.StatusCode == proxyAuthRequired:
		return proxyAsks
	case errors.Is(err, fal.ErrRateLimited):
		return "fal kept asking to slow down. Apply again later, or with a lower -parallelism."
	case errors.Is(err, fal.ErrNotFound):
		return "Check that the key is of the account that made the request, and that fal or the emulator is asked as before. Check endpoint_id and the request id, too. fal forgets requests after a while."
	case errors.Is(err, fal.ErrConnection):
		return reachingAdvice(err)
	case errors.Is(err, flux2.ErrTooManyImages):
		return "No request can ask for so many. Look at it in fal's dashboard."
	case errors.Is(err, fal.ErrMalformed):
		return "fal, or something on the way to it, answers what it should not. Check the provider's URLs if you have set any; otherwise run again later."
	case errors.Is(err, fal.ErrServer):
		return "The fault is on fal's side. Run again later."
	}
	return ""
}

// Sentence prepares an error's text to be followed by a full stop.
func Sentence(err error) string {
	return strings.TrimRight(err.Error(), ". \n")
}

// Outcome continues a sentence on what fal was asked for.
func Outcome(err error) string {
	failure, ranOut := (*fal.Error)(nil), (*attributes.LateError)(nil)
	switch {
	case errors.As(err, &ranOut):
		return ", but " + Sentence(err)
	case errors.As(err, &failure) && failure.StatusCode != 0:
		return " and answered with an error: " + Sentence(err)
	default:
		return ", and that failed: " + Sentence(err)
	}
}

// UnexpectedProviderData is about a fault of the provider: a room was handed
// something else than what its parts share.
func UnexpectedProviderData(providerData any) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Unexpected Provider Data", fmt.Sprintf(
		"The provider was handed %T instead of what its parts share. Please report this to the provider's developers.", providerData))
}
