// Package redact takes secrets out of what is to be kept: keys, tokens,
// passwords and e-mail addresses, told by their forms.
//
// A [Rule] is a form. Default has those of the services that agents most often
// hold keys of, of private keys, of credentials in addresses and headers, and of
// assignments to names that say that a secret follows. In the place of each
// stands "[redacted NAME]", so that a reader sees what was there. What has no
// telling form is not found: a password in the middle of a sentence, say.
//
// The same text gives the same text, and what was redacted stays as it is if it
// is redacted again.
package redact
