// Package planted plants lessons whose effect is known into a memory, and counts
// which of them the memory finds to harm or to help while household games are
// played with it.
package planted
