// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

package images

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/flux2-provider/terraform-provider-flux2/internal/fal"
	"github.com/flux2-provider/terraform-provider-flux2/internal/flux2"
	"github.com/flux2-provider/terraform-provider-flux2/internal/provider/diagnostics"
	"github.com/flux2-provider/terraform-provider-flux2/internal/requests"
)

func missingKey() diag.Diagnostic {
	return diag.NewErrorDiagnostic("Missing fal API Key", diagnostics.Detail(
		"An image is planned, and fal has to know who pays for it.",
		"Set the environment variable FAL_KEY, or api_key in the provider block.",
		"To try the configuration without a key and without costs, run it under the emulator, which is part of this provider's program:\n\n    "+
			thisProgram()+" emulate -- terraform apply"))
}

// thisProgram is what a shell starts this program by. It is on no search path:
// engines put it into a folder of their own.
func thisProgram() string {
	program, err := os.Executable()
	switch {
	case err != nil:
		return "terraform-provider-flux2"
	case strings.ContainsFunc(program, unicode.IsSpace):
		return `"` + program + `"`
	}
	return program
}

// submitFailed explains why no request came about.
func submitFailed(endpointID string, err error) diag.Diagnostics {
	attempt := fmt.Sprintf("Submitting the image to %s failed: %s.", endpointID, diagnostics.Sentence(err))
	if errors.Is(err, fal.ErrNotFound) {
		return diag.Diagnostics{endpointNotFound(endpointID, attempt, err)}
	}
	if failure := (*fal.Error)(nil); errors.Is(err, fal.ErrContentPolicy) && errors.As(err, &failure) {
		return diag.Diagnostics{promptRefused(requestOf(failure), err)}
	}
	if fields := fieldErrors(err, flux2.ImageSize{}); len(fields) > 0 {
		return fields
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic("Image Not Submitted", diagnostics.Detail(
		attempt, diagnostics.AnotherName(endpointID, err), "Nothing was generated.", diagnostics.Advice(err)))}
}

// outcomeUnknown says that a request may have come about that nobody can find.
func outcomeUnknown(lost *requests.LostError) diag.Diagnostics {
	at := lost.SentAt.UTC().Format(time.RFC3339)
	said, redirected := fmt.Sprintf("An earlier run submitted an image with these inputs to %s at %s, and ended before it knew the answer.", lost.EndpointID, at), ""
	if lost.Failure != nil {
		said = fmt.Sprintf("An image was submitted to %s at %s, and the reply was lost: %s.", lost.EndpointID, at, diagnostics.Sentence(lost.Failure))
		redirected = redirectAdvice(lost.Failure)
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic("Submission Outcome Unknown", diagnostics.Detail(
		said+" fal may have accepted the request and may bill it. "+searchText(lost)+" It is not sent again, since that could pay twice.",
		redirected, candidatesText(lost), lostAdvice(lost)))}
}

// candidatesText names what could be the request.
func candidatesText(lost *requests.LostError) string {
	if len(lost.Candidates) == 0 {
		return ""
	}
	return "fal's request history lists requests of that time without their inputs, so that each of these may be it: " + strings.Join(lost.Candidates, ", ") + "."
}

// lostAdvice says how the user decides what nobody else can.
func lostAdvice(lost *requests.LostError) string {
	imported := "terraform import ADDRESS " + lost.EndpointID + "/REQUEST_ID"
	if lost.Entry == "" {
		return "Look for a request of that time in fal's dashboard before you apply again. If it is there, take it over: " + imported + ". If it is not, apply again, which pays."
	}
	var steps []string
	switch {
	case lost.Search == requests.SearchUseless:
	case errors.Is(lost.SearchError, fal.ErrForbidden), errors.Is(lost.SearchError, fal.ErrUnauthorized):
		steps = append(steps, "Apply again with a key that may read the request history, if you have one. That costs nothing: the request is looked for, and not submitted again.")
	default:
		steps = append(steps, "Apply again. That costs nothing: the request is looked for once more, and not submitted again.")
	}
	steps = append(steps,
		"If that does not help, look in fal's dashboard for a request of that time.",
		"If it is there, take it over: "+imported+". Then delete the file "+lost.Entry+".",
		"If it is not there, delete the file "+lost.Entry+" and apply again, which submits and pays.")
	text := "What to do:"
	for i, step := range steps {
		text += fmt.Sprintf("\n  %d. %s", i+1, step)
	}
	return text + "\nAs long as the file exists, no image with these inputs is submitted."
}

// searchText says how a lost submission was looked for.
func searchText(lost *requests.LostError) string {
	switch lost.Search {
	case requests.SearchUseless:
		return "fal keeps no record of it that could be looked up, since sync_mode or store_payloads = false is set."
	case requests.SearchDirect:
		return "A direct request can't be resumed or looked up."
	case requests.SearchInterrupted:
		return "The run was interrupted before it showed in fal's request history."
	case requests.SearchFailed:
		return "Looking for it in fal's request history failed: " + diagnostics.Sentence(lost.SearchError) + "."
	default:
		return "It did not show in fal's request history."
	}
}

// redirectAdvice is for an answer that fal itself never gives to a submission.
func redirectAdvice(lost *fal.Error) string {
	if lost.StatusCode < 300 || lost.StatusCode > 399 {
		return ""
	}
	return "The answer was a redirect, which is not followed. Check queue_url and run_url in the provider block: they probably point at something that is not fal's API."
}

func invalidInput(err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Invalid Model Input", "The inputs can't be written as JSON; nothing was sent: "+err.Error()+".")
}

// tooManyPlanned is for a plan, which submits nothing. Engines plan once more in an
// apply, where others may have been submitted by then.
func tooManyPlanned(limit, planned, submitted int64) diag.Diagnostic {
	sent := "Nothing was submitted."
	if submitted > 0 {
		sent = fmt.Sprintf("Nothing was submitted for this image. This run has submitted %d so far.", submitted)
	}
	return tooManyRequests(limit, fmt.Sprintf("At least %d are planned; images that depend on others are not counted yet. ", planned)+sent)
}

// tooManySubmitted is for an apply that has come to the limit.
func tooManySubmitted(limit int64) diag.Diagnostic {
	return tooManyRequests(limit, fmt.Sprintf("This run has submitted %d, and stops there. Each image that needs another request is such an error.", limit))
}

func tooManyRequests(limit int64, counted string) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Too Many Images for One Run", diagnostics.Detail(
		fmt.Sprintf("The provider has max_requests_per_run = %d, and this run needs more paid requests than that. ", limit)+counted,
		"The limit counts the requests of one provider block. One request can make several images, and fal bills each of them.",
		"Raise the limit if you want all of the images, or apply them in parts, with -target."))
}

func interruptedBeforeSubmission() diag.Diagnostic {
	return diag.NewErrorDiagnostic("Image Not Submitted",
		"The run was interrupted before the image was submitted. Nothing was sent that fal has accepted, and nothing is billed. Apply again.")
}

func historyUnreadable(history *requests.HistoryError) diag.Diagnostic {
	if history.Err == nil {
		return diag.NewErrorDiagnostic("Request History Without Inputs", diagnostics.Detail(
			fmt.Sprintf("reuse_requests_within looks for an existing request before it pays for a new one. fal's request history lists %d requests "+
				"of the last 15 minutes without their inputs, so that there is no telling whether one of them is this image.", history.Hidden),
			"Nothing was submitted.",
			"Apply again in 15 minutes. Or look for the request in fal's dashboard, and import it if it is there: terraform import ADDRESS ENDPOINT_ID/REQUEST_ID. "+
				"fal lists no inputs of requests whose payloads were erased, or were never stored: see delete_payloads_on_destroy, store_payloads, and the settings of your account."))
	}
	return diag.NewErrorDiagnostic("Request History Not Read", diagnostics.Detail(
		fmt.Sprintf("reuse_requests_within looks for an existing request before it pays for a new one, but fal's request history can't be read: %s.", diagnostics.Sentence(history)),
		"Nothing was submitted.", diagnostics.Advice(history), "Then apply again. It is safe to do so as often as you like."))
}

// historyWithoutInputs is a warning: what is as old as that was most likely seen by
// an earlier run, or is somebody else's.
func historyWithoutInputs(count int) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Request History Without Inputs", diagnostics.Detail(
		"reuse_requests_within looks for an existing request before it pays for a new one. "+
			fmt.Sprintf("fal's request history has entries of more than 15 minutes ago without inputs (%d), which can't be compared. Any of them may be what an image of this run asks for.", count),
		"The run goes on, and pays for what it does not find.",
		"fal lists no inputs of requests whose payloads were erased, or were never stored: see delete_payloads_on_destroy, store_payloads, and the settings of your account. reuse_requests_within can't find such requests."))
}

// journalFailed warns once that a killed run may pay twice.
func journalFailed(folder string, problem error) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Submissions Not Noted", diagnostics.Detail(
		fmt.Sprintf("The provider notes each submission in the folder %s, so that the next run finds the request if this one is killed. That failed: %s.", folder, problem),
		"This run goes on. Should it be killed, the next one may pay for its images a second time. "+
			"Make the folder writable, or set image_store in the provider block to a folder that is."))
}
