#include "textflag.h"
#include "go_asm.h"

// Row operations in NEON, two vectors of 4 numbers at a time. In all of them n
// is a positive multiple of 8. What they compute is stated at their portable
// twins in vector.go; they round where those of AVX2 do, and sum over the same
// 8 lanes, so both give the same bits.

// Vector instructions that the assembler has no names for. As in those it has,
// the last register is the result: Vn op Vm.
#define FADD(m, n, d)  WORD $(0x4E20D400 | (m)<<16 | (n)<<5 | (d)) // FADD   Vd.4S, Vn.4S, Vm.4S
#define FSUB(m, n, d)  WORD $(0x4EA0D400 | (m)<<16 | (n)<<5 | (d)) // FSUB   Vd.4S, Vn.4S, Vm.4S
#define FMUL(m, n, d)  WORD $(0x6E20DC00 | (m)<<16 | (n)<<5 | (d)) // FMUL   Vd.4S, Vn.4S, Vm.4S
#define FDIV(m, n, d)  WORD $(0x6E20FC00 | (m)<<16 | (n)<<5 | (d)) // FDIV   Vd.4S, Vn.4S, Vm.4S
#define FMAX(m, n, d)  WORD $(0x4E20F400 | (m)<<16 | (n)<<5 | (d)) // FMAX   Vd.4S, Vn.4S, Vm.4S
#define FMIN(m, n, d)  WORD $(0x4EA0F400 | (m)<<16 | (n)<<5 | (d)) // FMIN   Vd.4S, Vn.4S, Vm.4S
#define FCMGT(m, n, d) WORD $(0x6EA0E400 | (m)<<16 | (n)<<5 | (d)) // FCMGT  Vd.4S, Vn.4S, Vm.4S
#define FNEG(n, d)     WORD $(0x6EA0F800 | (n)<<5 | (d))           // FNEG   Vd.4S, Vn.4S
#define FSQRT(n, d)    WORD $(0x6EA1F800 | (n)<<5 | (d))           // FSQRT  Vd.4S, Vn.4S
#define FRINTN(n, d)   WORD $(0x4E218800 | (n)<<5 | (d))           // FRINTN Vd.4S, Vn.4S
#define FCVTNS(n, d)   WORD $(0x4E21A800 | (n)<<5 | (d))           // FCVTNS Vd.4S, Vn.4S
#define FMAXV(n, d)    WORD $(0x6E30F800 | (n)<<5 | (d))           // FMAXV  Sd, Vn.4S
#define FADDP(n, d)    WORD $(0x7E30D800 | (n)<<5 | (d))           // FADDP  Sd, Vn.2S

// LOAD and STORE move 8 numbers and go on to the next 8.
#define LOAD(r, v0, v1)  VLD1.P 32(r), [v0.S4, v1.S4]
#define STORE(r, v0, v1) VST1.P [v0.S4, v1.S4], 32(r)

// SPREAD loads a number into all lanes of v; f is the same register.
#define SPREAD(mem, f, v) \
	FMOVS mem, f; \
	VDUP  v.S[0], v.S4

#define ZERO(v) VEOR v.B16, v.B16, v.B16

// SUM8 adds the lanes of V0 and V1 in the order of AVX2's into F0.
#define SUM8 \
	FADD(1, 0, 0); \
	VEXT $8, V0.B16, V0.B16, V1.B16; \
	FADD(1, 0, 0); \
	FADDP(0, 0)

DATA constants<>+0(SB)/4, $0x42b20000   // V16: 89: exp is infinite there
DATA constants<>+4(SB)/4, $0xc2aeac50   // V17: -87.33655: exp is 0 below
DATA constants<>+8(SB)/4, $0x3fb8aa3b   // V18: 1/ln 2
DATA constants<>+12(SB)/4, $0x3f318000  // V19: ln 2, high part
DATA constants<>+16(SB)/4, $0xb95e8083  // V20: ln 2, low part
DATA constants<>+20(SB)/4, $0x39506967  // V21: expC5
DATA constants<>+24(SB)/4, $0x3ab743ce  // V22: expC4
DATA constants<>+28(SB)/4, $0x3c088908  // V23: expC3
DATA constants<>+32(SB)/4, $0x3d2aa9c1  // V24: expC2
DATA constants<>+36(SB)/4, $0x3e2aaaaa  // V25: expC1
DATA constants<>+40(SB)/4, $0x3f000000  // V26: expC0
DATA constants<>+44(SB)/4, $0x3f800000  // V27: 1
DATA constants<>+48(SB)/4, $0x0000007f  // V28: exponent bias
GLOBL constants<>(SB), RODATA|NOPTR, $52

// CONSTANTS loads what EXP2 needs into V16-V28, and zero into V29; it uses R8.
#define CONSTANTS \
	MOVD    $constants<>(SB), R8; \
	VLD1R.P 4(R8), [V16.S4]; \
	VLD1R.P 4(R8), [V17.S4]; \
	VLD1R.P 4(R8), [V18.S4]; \
	VLD1R.P 4(R8), [V19.S4]; \
	VLD1R.P 4(R8), [V20.S4]; \
	VLD1R.P 4(R8), [V21.S4]; \
	VLD1R.P 4(R8), [V22.S4]; \
	VLD1R.P 4(R8), [V23.S4]; \
	VLD1R.P 4(R8), [V24.S4]; \
	VLD1R.P 4(R8), [V25.S4]; \
	VLD1R.P 4(R8), [V26.S4]; \
	VLD1R.P 4(R8), [V27.S4]; \
	VLD1R   (R8), [V28.S4]; \
	ZERO(V29)

// HORNER sets p and q, for V0 and V1, to c plus the last p and q times V0 and V1.
#define HORNER(c, lastp, lastq, p, q) \
	VMOV  c.B16, p.B16; \
	VMOV  c.B16, q.B16; \
	VFMLA V0.S4, lastp.S4, p.S4; \
	VFMLA V1.S4, lastq.S4, q.S4

// EXP2 replaces V0 and V1 by their exponentials; it uses V2-V9.
#define EXP2 \
	FMIN(16, 0, 0); \
	FMIN(16, 1, 1); \
	FCMGT(0, 17, 8); \
	FCMGT(1, 17, 9); \
	FMUL(18, 0, 2); \
	FMUL(18, 1, 3); \
	FRINTN(2, 2); \
	FRINTN(3, 3); \
	VFMLS V19.S4, V2.S4, V0.S4; \
	VFMLS V19.S4, V3.S4, V1.S4; \
	VFMLS V20.S4, V2.S4, V0.S4; \
	VFMLS V20.S4, V3.S4, V1.S4; \
	HORNER(V22, V21, V21, V4, V5); \
	HORNER(V23, V4, V5, V6, V7); \
	HORNER(V24, V6, V7, V4, V5); \
	HORNER(V25, V4, V5, V6, V7); \
	HORNER(V26, V6, V7, V4, V5); \
	FMUL(0, 0, 6); \
	FMUL(1, 1, 7); \
	VFMLA V6.S4, V4.S4, V0.S4; \
	VFMLA V7.S4, V5.S4, V1.S4; \
	FADD(27, 0, 0); \
	FADD(27, 1, 1); \
	FCVTNS(2, 2); \
	FCVTNS(3, 3); \
	VADD  V28.S4, V2.S4, V2.S4; \
	VADD  V28.S4, V3.S4, V3.S4; \
	VSHL  $23, V2.S4, V2.S4; \
	VSHL  $23, V3.S4, V3.S4; \
	FMUL(2, 0, 0); \
	FMUL(3, 1, 1); \
	VBIT  V8.B16, V29.B16, V0.B16; \
	VBIT  V9.B16, V29.B16, V1.B16

// func maxNEON(x *float32, n int) float32
TEXT ·maxNEON(SB), NOSPLIT, $0-20
	MOVD x+0(FP), R0
	MOVD n+8(FP), R5
	VLD1 (R0), [V0.S4, V1.S4]

maxLoop:
	LOAD(R0, V2, V3)
	FMAX(2, 0, 0)
	FMAX(3, 1, 1)
	SUB   $8, R5
	CBNZ  R5, maxLoop
	FMAX(1, 0, 0)
	FMAXV(0, 0)
	FMOVS F0, ret+16(FP)
	RET

// func expShiftNEON(x *float32, n int, scale, shift float32) float32
TEXT ·expShiftNEON(SB), NOSPLIT, $0-28
	MOVD x+0(FP), R0
	MOVD n+8(FP), R5
	MOVD R0, R1
	SPREAD(scale+16(FP), F10, V10)
	SPREAD(shift+20(FP), F11, V11)
	FNEG(11, 11)
	CONSTANTS
	ZERO(V14)
	ZERO(V15)

expLoop:
	LOAD(R0, V12, V13)
	VMOV  V11.B16, V0.B16
	VMOV  V11.B16, V1.B16
	VFMLA V10.S4, V12.S4, V0.S4
	VFMLA V10.S4, V13.S4, V1.S4
	EXP2
	STORE(R1, V0, V1)
	FADD(0, 14, 14)
	FADD(1, 15, 15)
	SUB   $8, R5
	CBNZ  R5, expLoop
	VMOV  V14.B16, V0.B16
	VMOV  V15.B16, V1.B16
	SUM8
	FMOVS F0, ret+24(FP)
	RET

// func scaleByNEON(x *float32, n int, f float32)
TEXT ·scaleByNEON(SB), NOSPLIT, $0-20
	MOVD x+0(FP), R0
	MOVD n+8(FP), R5
	MOVD R0, R1
	SPREAD(f+16(FP), F2, V2)

scaleLoop:
	LOAD(R0, V0, V1)
	FMUL(2, 0, 0)
	FMUL(2, 1, 1)
	STORE(R1, V0, V1)
	SUB  $8, R5
	CBNZ R5, scaleLoop
	RET

// func dotNEON(x, y *float32, n int) float32
TEXT ·dotNEON(SB), NOSPLIT, $0-28
	MOVD x+0(FP), R0
	MOVD y+8(FP), R1
	MOVD n+16(FP), R5
	ZERO(V0)
	ZERO(V1)

dotLoop:
	LOAD(R0, V2, V3)
	LOAD(R1, V4, V5)
	VFMLA V4.S4, V2.S4, V0.S4
	VFMLA V5.S4, V3.S4, V1.S4
	SUB   $8, R5
	CBNZ  R5, dotLoop
	SUM8
	FMOVS F0, ret+24(FP)
	RET

// func dot3NEON(x, y, z *float32, n int) float32
TEXT ·dot3NEON(SB), NOSPLIT, $0-36
	MOVD x+0(FP), R0
	MOVD y+8(FP), R1
	MOVD z+16(FP), R2
	MOVD n+24(FP), R5
	ZERO(V0)
	ZERO(V1)

dot3Loop:
	LOAD(R0, V2, V3)
	LOAD(R1, V4, V5)
	LOAD(R2, V6, V7)
	FMUL(4, 2, 2)
	FMUL(5, 3, 3)
	VFMLA V6.S4, V2.S4, V0.S4
	VFMLA V7.S4, V3.S4, V1.S4
	SUB   $8, R5
	CBNZ  R5, dot3Loop
	SUM8
	FMOVS F0, ret+32(FP)
	RET

// func mulScaleNEON(out, x, y *float32, n int, f float32)
TEXT ·mulScaleNEON(SB), NOSPLIT, $0-36
	MOVD out+0(FP), R0
	MOVD x+8(FP), R1
	MOVD y+16(FP), R2
	MOVD n+24(FP), R5
	SPREAD(f+32(FP), F6, V6)

mulScaleLoop:
	LOAD(R1, V0, V1)
	LOAD(R2, V2, V3)
	FMUL(6, 0, 0)
	FMUL(6, 1, 1)
	FMUL(2, 0, 0)
	FMUL(3, 1, 1)
	STORE(R0, V0, V1)
	SUB  $8, R5
	CBNZ R5, mulScaleLoop
	RET

// func addMulScaleNEON(out, x, y *float32, n int, f float32)
TEXT ·addMulScaleNEON(SB), NOSPLIT, $0-36
	MOVD out+0(FP), R0
	MOVD x+8(FP), R1
	MOVD y+16(FP), R2
	MOVD n+24(FP), R5
	SPREAD(f+32(FP), F6, V6)

addMulScaleLoop:
	LOAD(R1, V0, V1)
	LOAD(R2, V2, V3)
	VLD1  (R0), [V4.S4, V5.S4]
	FMUL(6, 0, 0)
	FMUL(6, 1, 1)
	VFMLA V2.S4, V0.S4, V4.S4
	VFMLA V3.S4, V1.S4, V5.S4
	STORE(R0, V4, V5)
	SUB   $8, R5
	CBNZ  R5, addMulScaleLoop
	RET

// func addScaleNEON(out, x *float32, n int, f float32)
TEXT ·addScaleNEON(SB), NOSPLIT, $0-28
	MOVD out+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R5
	SPREAD(f+24(FP), F6, V6)

addScaleLoop:
	LOAD(R1, V0, V1)
	VLD1  (R0), [V2.S4, V3.S4]
	VFMLA V6.S4, V0.S4, V2.S4
	VFMLA V6.S4, V1.S4, V3.S4
	STORE(R0, V2, V3)
	SUB   $8, R5
	CBNZ  R5, addScaleLoop
	RET

// func subScaleNEON(out, x *float32, n int, sub, f float32)
TEXT ·subScaleNEON(SB), NOSPLIT, $0-32
	MOVD out+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R5
	SPREAD(sub+24(FP), F6, V6)
	SPREAD(f+28(FP), F7, V7)

subScaleLoop:
	LOAD(R1, V0, V1)
	VLD1 (R0), [V2.S4, V3.S4]
	FSUB(6, 2, 2)
	FSUB(6, 3, 3)
	FMUL(7, 0, 0)
	FMUL(7, 1, 1)
	FMUL(2, 0, 0)
	FMUL(3, 1, 1)
	STORE(R0, V0, V1)
	SUB  $8, R5
	CBNZ R5, subScaleLoop
	RET

// func rotateNEON(lo, hi, cos, sin *float32, n int)
TEXT ·rotateNEON(SB), NOSPLIT, $0-40
	MOVD lo+0(FP), R0
	MOVD hi+8(FP), R1
	MOVD cos+16(FP), R2
	MOVD sin+24(FP), R3
	MOVD n+32(FP), R5

rotateLoop:
	VLD1  (R0), [V0.S4, V1.S4]
	VLD1  (R1), [V2.S4, V3.S4]
	LOAD(R2, V4, V5)
	LOAD(R3, V6, V7)
	FMUL(6, 2, 8)
	FMUL(7, 3, 9)
	FNEG(8, 8)
	FNEG(9, 9)
	FMUL(6, 0, 10)
	FMUL(7, 1, 11)
	VFMLA V4.S4, V0.S4, V8.S4
	VFMLA V5.S4, V1.S4, V9.S4
	VFMLA V4.S4, V2.S4, V10.S4
	VFMLA V5.S4, V3.S4, V11.S4
	STORE(R0, V8, V9)
	STORE(R1, V10, V11)
	SUB   $8, R5
	CBNZ  R5, rotateLoop
	RET

// SIGMOID2 sets V0 and V1 to 1/(1+exp(-V10)) and 1/(1+exp(-V11)); it uses V2-V9.
#define SIGMOID2 \
	FNEG(10, 0); \
	FNEG(11, 1); \
	EXP2; \
	FADD(27, 0, 0); \
	FADD(27, 1, 1); \
	FDIV(0, 27, 0); \
	FDIV(1, 27, 1)

// func gateNEON(out, x, u *float32, n int)
TEXT ·gateNEON(SB), NOSPLIT, $0-32
	MOVD out+0(FP), R0
	MOVD x+8(FP), R1
	MOVD u+16(FP), R2
	MOVD n+24(FP), R5
	CONSTANTS

gateLoop:
	LOAD(R1, V10, V11)
	LOAD(R2, V12, V13)
	SIGMOID2
	FMUL(10, 0, 0)
	FMUL(11, 1, 1)
	FMUL(12, 0, 0)
	FMUL(13, 1, 1)
	STORE(R0, V0, V1)
	SUB  $8, R5
	CBNZ R5, gateLoop
	RET

// func gateGradNEON(x, u, d, act *float32, n int)
TEXT ·gateGradNEON(SB), NOSPLIT, $0-40
	MOVD x+0(FP), R0
	MOVD u+8(FP), R1
	MOVD d+16(FP), R2
	MOVD act+24(FP), R3
	MOVD n+32(FP), R5
	CONSTANTS

gateGradLoop:
	VLD1  (R0), [V10.S4, V11.S4]
	LOAD(R1, V12, V13)
	VLD1  (R2), [V14.S4, V15.S4]
	SIGMOID2
	FMUL(10, 0, 10)              // silu
	FMUL(11, 1, 11)
	FMUL(12, 10, 2)
	FMUL(13, 11, 3)
	STORE(R3, V2, V3)            // act = silu·u
	FMUL(10, 14, 2)
	FMUL(11, 15, 3)
	STORE(R2, V2, V3)            // gradient of u = d·silu
	FSUB(0, 27, 2)               // 1-s
	FSUB(1, 27, 3)
	VFMLA V2.S4, V10.S4, V0.S4   // s + silu·(1-s)
	VFMLA V3.S4, V11.S4, V1.S4
	FMUL(12, 14, 2)
	FMUL(13, 15, 3)
	FMUL(0, 2, 2)
	FMUL(1, 3, 3)
	STORE(R0, V2, V3)            // gradient of g
	SUB   $8, R5
	CBNZ  R5, gateGradLoop
	RET

// func adamNEON(p, grad, m, v *float32, n int, c *AdamStep)
TEXT ·adamNEON(SB), NOSPLIT, $0-48
	MOVD p+0(FP), R0
	MOVD grad+8(FP), R1
	MOVD m+16(FP), R2
	MOVD v+24(FP), R3
	MOVD n+32(FP), R5
	MOVD c+40(FP), R4
	SPREAD(AdamStep_Beta1(R4), F16, V16)
	SPREAD(AdamStep_Rest1(R4), F17, V17)
	SPREAD(AdamStep_Beta2(R4), F18, V18)
	SPREAD(AdamStep_Rest2(R4), F19, V19)
	SPREAD(AdamStep_Rate(R4), F20, V20)
	SPREAD(AdamStep_Correct2(R4), F21, V21)
	SPREAD(AdamStep_Epsilon(R4), F22, V22)
	SPREAD(AdamStep_Decay(R4), F23, V23)
	SPREAD(AdamStep_GradScale(R4), F24, V24)

adamLoop:
	LOAD(R1, V0, V1)
	VLD1  (R2), [V2.S4, V3.S4]
	VLD1  (R3), [V4.S4, V5.S4]
	VLD1  (R0), [V6.S4, V7.S4]
	FMUL(24, 0, 0)               // d
	FMUL(24, 1, 1)
	FMUL(17, 0, 8)
	FMUL(17, 1, 9)
	VFMLA V16.S4, V2.S4, V8.S4   // m
	VFMLA V16.S4, V3.S4, V9.S4
	STORE(R2, V8, V9)
	FMUL(0, 0, 10)
	FMUL(1, 1, 11)
	FMUL(19, 10, 10)
	FMUL(19, 11, 11)
	VFMLA V18.S4, V4.S4, V10.S4  // v
	VFMLA V18.S4, V5.S4, V11.S4
	STORE(R3, V10, V11)
	FMUL(21, 10, 10)
	FMUL(21, 11, 11)
	FSQRT(10, 10)
	FSQRT(11, 11)
	FADD(22, 10, 10)
	FADD(22, 11, 11)
	FMUL(20, 8, 8)
	FMUL(20, 9, 9)
	FDIV(10, 8, 8)
	FDIV(11, 9, 9)
	FMUL(23, 6, 6)
	FMUL(23, 7, 7)
	FSUB(8, 6, 6)
	FSUB(9, 7, 7)
	STORE(R0, V6, V7)
	SUB   $8, R5
	CBNZ  R5, adamLoop
	RET

// func spread8NEON(dst, src *float32, n, from, to int)
TEXT ·spread8NEON(SB), NOSPLIT, $0-40
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD n+16(FP), R5
	MOVD from+24(FP), R6
	MOVD to+32(FP), R7
	LSL  $2, R6
	LSL  $2, R7

spread8Loop:
	VLD1 (R1), [V0.S4, V1.S4]
	VST1 [V0.S4, V1.S4], (R0)
	ADD  R6, R1
	ADD  R7, R0
	SUB  $1, R5
	CBNZ R5, spread8Loop
	RET

// func spread32NEON(dst, src *float32, n, from, to int)
TEXT ·spread32NEON(SB), NOSPLIT, $0-40
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD n+16(FP), R5
	MOVD from+24(FP), R6
	MOVD to+32(FP), R7
	LSL  $2, R6
	LSL  $2, R7

spread32Loop:
	ADD  $64, R1, R2
	ADD  $64, R0, R3
	VLD1 (R1), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1 (R2), [V4.S4, V5.S4, V6.S4, V7.S4]
	VST1 [V0.S4, V1.S4, V2.S4, V3.S4], (R0)
	VST1 [V4.S4, V5.S4, V6.S4, V7.S4], (R3)
	ADD  R6, R1
	ADD  R7, R0
	SUB  $1, R5
	CBNZ R5, spread32Loop
	RET

// TRANSPOSE4 turns 4 rows of 4 numbers, v0 to v3, into their columns w0 to w3:
// pairs of rows are interleaved, then pairs of pairs. It uses V24-V27.
#define TRANSPOSE4(v0, v1, v2, v3, w0, w1, w2, w3) \
	VTRN1 v1.S4, v0.S4, V24.S4; \
	VTRN2 v1.S4, v0.S4, V25.S4; \
	VTRN1 v3.S4, v2.S4, V26.S4; \
	VTRN2 v3.S4, v2.S4, V27.S4; \
	VTRN1 V26.D2, V24.D2, w0.D2; \
	VTRN1 V27.D2, V25.D2, w1.D2; \
	VTRN2 V26.D2, V24.D2, w2.D2; \
	VTRN2 V27.D2, V25.D2, w3.D2

// func transpose8NEON(dst, src *float32, row, n int)
//
// Rows 0 … 7 of 4 numbers at a time, from R1, R8-R14.
TEXT ·transpose8NEON(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD row+16(FP), R6
	MOVD n+24(FP), R5
	LSL  $2, R6
	ADD  R6, R1, R8
	ADD  R6, R8, R9
	ADD  R6, R9, R10
	ADD  R6, R10, R11
	ADD  R6, R11, R12
	ADD  R6, R12, R13
	ADD  R6, R13, R14

transposeLoop:
	FMOVQ.P 16(R1), F0
	FMOVQ.P 16(R8), F1
	FMOVQ.P 16(R9), F2
	FMOVQ.P 16(R10), F3
	FMOVQ.P 16(R11), F4
	FMOVQ.P 16(R12), F5
	FMOVQ.P 16(R13), F6
	FMOVQ.P 16(R14), F7
	TRANSPOSE4(V0, V1, V2, V3, V16, V17, V18, V19)
	TRANSPOSE4(V4, V5, V6, V7, V20, V21, V22, V23)
	FSTPQ   (F16, F20), (R0)
	FSTPQ   (F17, F21), 128(R0)
	FSTPQ   (F18, F22), 256(R0)
	FSTPQ   (F19, F23), 384(R0)
	ADD     $512, R0
	SUB     $4, R5
	CBNZ    R5, transposeLoop
	RET
