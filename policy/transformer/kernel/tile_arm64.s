#include "textflag.h"
#include "go_asm.h"

// Both functions compute what their argument describes (see tile.go):
//
//	c[i][j] = add[i][j] + Σ_k a[i][k]·b[k][j]
//
// one chain of fused multiply-adds for each element, k ascending. Numbers of a
// are loaded, and multiplied by, one at a time: that takes a load unit, where
// copying one to all lanes would take the place of a multiply-add. Registers:
//
//	R0 tile    R4 k left                     R8-R11 a, rows 0-3
//	R1 b       R5 distance of rows of a      R12 offset of k in rows of a
//	R2 c       R6 distance of columns of a
//	R3 add     R7 distance of rows of c
//
// all distances in bytes; a row of b is 128 bytes.

#define SETUP \
	MOVD tile_a(R0), R8; \
	MOVD tile_b(R0), R1; \
	MOVD tile_c(R0), R2; \
	MOVD tile_add(R0), R3; \
	MOVD tile_inner(R0), R4; \
	MOVD tile_aCol(R0), R6; \
	LSL  $2, R6; \
	MOVD $0, R12

// FMLA adds Vn times the lowest number of Vm to Vd. The assembler has no name
// for it.
#define FMLA(m, n, d) WORD $(0x4F801000 | (m)<<16 | (n)<<5 | (d)) // FMLA Vd.4S, Vn.4S, Vm.S[0]

// FMA16 adds the lowest number of Va times 16 columns of b, in Vb and after it,
// to those of c in Vd and after it.
#define FMA16(a, b, d) \
	FMLA(a, b, d); \
	FMLA(a, b+1, d+1); \
	FMLA(a, b+2, d+2); \
	FMLA(a, b+3, d+3)

#define FMA32(a, b, d) \
	FMA16(a, b, d); \
	FMA16(a, b+4, d+4)

#define ZERO4(v0, v1, v2, v3) \
	VEOR v0.B16, v0.B16, v0.B16; \
	VEOR v1.B16, v1.B16, v1.B16; \
	VEOR v2.B16, v2.B16, v2.B16; \
	VEOR v3.B16, v3.B16, v3.B16

#define ZERO16 \
	ZERO4(V0, V1, V2, V3); \
	ZERO4(V4, V5, V6, V7); \
	ZERO4(V8, V9, V10, V11); \
	ZERO4(V12, V13, V14, V15)

// LOAD8 and STORE8 move 32 numbers from or to r, which they move on.
#define LOAD8(r, v0, v1, v2, v3, v4, v5, v6, v7) \
	VLD1.P 64(r), [v0.S4, v1.S4, v2.S4, v3.S4]; \
	VLD1.P 64(r), [v4.S4, v5.S4, v6.S4, v7.S4]

#define STORE8(r, v0, v1, v2, v3, v4, v5, v6, v7) \
	VST1.P [v0.S4, v1.S4, v2.S4, v3.S4], 64(r); \
	VST1.P [v4.S4, v5.S4, v6.S4, v7.S4], 64(r)

#define LOADROW(v0, v1, v2, v3) \
	VLD1 (R3), [v0.S4, v1.S4, v2.S4, v3.S4]; \
	ADD  R7, R3

#define STOREROW(v0, v1, v2, v3) \
	VST1 [v0.S4, v1.S4, v2.S4, v3.S4], (R2); \
	ADD  R7, R2

// func tileNEON(t *tile)
//
// Four rows are done 16 columns at a time: their 16 chains keep four units of
// latency 4 busy, and leave registers for a row of b and what comes after it.
// R13 is 0 in the left half and 64 in the right one; R14 is the tiles left; R15
// is four rows of c, R19 from one tile's a to the next one's; R20 and R21 are
// where a tile's c and add begin. Two rows are done with all columns at once.
TEXT ·tileNEON(SB), NOSPLIT, $0-8
	MOVD t+0(FP), R0
	SETUP
	MOVD tile_aRow(R0), R5
	MOVD tile_cRow(R0), R7
	MOVD tile_rows(R0), R14
	LSL  $2, R5
	LSL  $2, R7
	ADD  R5, R8, R9
	CMP  $2, R14
	BGT  four

	ZERO16
	CBZ  R3, loop2
	ADD  R3, R7, R13
	LOAD8(R3, V0, V1, V2, V3, V4, V5, V6, V7)
	LOAD8(R13, V8, V9, V10, V11, V12, V13, V14, V15)

loop2:
	LOAD8(R1, V16, V17, V18, V19, V20, V21, V22, V23)
	FMOVS (R8)(R12), F24
	FMOVS (R9)(R12), F25
	FMA32(24, 16, 0)
	FMA32(25, 16, 8)
	ADD   R6, R12
	SUB   $1, R4
	CBNZ  R4, loop2
	ADD   R2, R7, R13
	STORE8(R2, V0, V1, V2, V3, V4, V5, V6, V7)
	STORE8(R13, V8, V9, V10, V11, V12, V13, V14, V15)
	RET

four:
	ADD  R5, R9, R10
	ADD  R5, R10, R11
	MOVD tile_times(R0), R14
	MOVD tile_aNext(R0), R19
	LSL  $2, R19
	LSL  $2, R7, R15
	MOVD R2, R20
	MOVD R3, R21
	MOVD $0, R13

half:
	ZERO16
	CBZ R3, loop4
	LOADROW(V0, V1, V2, V3)
	LOADROW(V4, V5, V6, V7)
	LOADROW(V8, V9, V10, V11)
	LOADROW(V12, V13, V14, V15)

loop4:
	FLDPQ (R1), (F16, F17)
	FLDPQ 32(R1), (F18, F19)
	FMOVS (R8)(R12), F24
	FMOVS (R9)(R12), F25
	FMOVS (R10)(R12), F26
	FMOVS (R11)(R12), F27
	FMA16(24, 16, 0)
	FMA16(25, 16, 4)
	FMA16(26, 16, 8)
	FMA16(27, 16, 12)
	ADD   $128, R1
	ADD   R6, R12
	SUB   $1, R4
	CBNZ  R4, loop4
	STOREROW(V0, V1, V2, V3)
	STOREROW(V4, V5, V6, V7)
	STOREROW(V8, V9, V10, V11)
	STOREROW(V12, V13, V14, V15)
	EOR   $64, R13
	CBNZ  R13, next
	SUB   $1, R14
	CBZ   R14, done
	ADD   R19, R8
	ADD   R19, R9
	ADD   R19, R10
	ADD   R19, R11
	ADD   R15, R20
	CBZ   R21, next
	ADD   R15, R21

next:
	MOVD tile_b(R0), R1
	MOVD tile_inner(R0), R4
	MOVD $0, R12
	ADD  R13, R1
	ADD  R13, R20, R2
	MOVD $0, R3
	CBZ  R21, half
	ADD  R13, R21, R3
	B    half

done:
	RET

// func stripsNEON(t *tile)
//
// One row of one panel, or of two, t.bNext apart. R13 is the second panel.
TEXT ·stripsNEON(SB), NOSPLIT, $0-8
	MOVD t+0(FP), R0
	SETUP
	MOVD tile_bNext(R0), R13
	LSL  $2, R13
	ADD  R1, R13
	ZERO16
	MOVD tile_strips(R0), R14
	CMP  $2, R14
	BEQ  one
	CBZ  R3, panels2
	LOAD8(R3, V0, V1, V2, V3, V4, V5, V6, V7)
	LOAD8(R3, V8, V9, V10, V11, V12, V13, V14, V15)

panels2:
	LOAD8(R1, V16, V17, V18, V19, V20, V21, V22, V23)
	FMOVS (R8)(R12), F24
	FMA32(24, 16, 0)
	LOAD8(R13, V16, V17, V18, V19, V20, V21, V22, V23)
	FMA32(24, 16, 8)
	ADD   R6, R12
	SUB   $1, R4
	CBNZ  R4, panels2
	STORE8(R2, V0, V1, V2, V3, V4, V5, V6, V7)
	STORE8(R2, V8, V9, V10, V11, V12, V13, V14, V15)
	RET

one:
	CBZ R3, panel
	LOAD8(R3, V0, V1, V2, V3, V4, V5, V6, V7)

panel:
	LOAD8(R1, V16, V17, V18, V19, V20, V21, V22, V23)
	FMOVS (R8)(R12), F24
	FMA32(24, 16, 0)
	ADD   R6, R12
	SUB   $1, R4
	CBNZ  R4, panel
	STORE8(R2, V0, V1, V2, V3, V4, V5, V6, V7)
	RET
