#include "textflag.h"
#include "go_asm.h"

// Both functions compute the tile described by their argument (see tile.go):
//
//	c[i][j] = add[i][j] + Σ_k a[i][k]·b[k][j]
//
// one chain of fused multiply-adds for each element, k ascending. Registers:
//
//	DI tile    SI a, row 0, moving along k    R11 a, row 4 (or 3), moving along k
//	BX b       R8 distance of rows of a       R10 three times that
//	CX k left  R9 distance of columns of a    DX c    R12 distance of rows of c    R13 add
//
// all distances in bytes; a row of b is 128 bytes.

#define SETUP \
	MOVQ tile_a(DI), SI; \
	MOVQ tile_b(DI), BX; \
	MOVQ tile_c(DI), DX; \
	MOVQ tile_add(DI), R13; \
	MOVQ tile_inner(DI), CX; \
	MOVQ tile_aRow(DI), R8; \
	MOVQ tile_aCol(DI), R9; \
	MOVQ tile_cRow(DI), R12; \
	SHLQ $2, R8; \
	SHLQ $2, R9; \
	SHLQ $2, R12; \
	LEAQ (R8)(R8*2), R10

// ---- AVX-512: up to 8 rows of 32 columns ----

#define ZERO2(z0, z1) \
	VPXORD z0, z0, z0; \
	VPXORD z1, z1, z1

#define LOAD2(z0, z1) \
	VMOVUPS (R13), z0; \
	VMOVUPS 64(R13), z1; \
	ADDQ    R12, R13

#define STORE2(z0, z1) \
	VMOVUPS z0, (DX); \
	VMOVUPS z1, 64(DX); \
	ADDQ    R12, DX

// B2 loads a row of b.
#define B2 \
	VMOVUPS (BX), Z16; \
	VMOVUPS 64(BX), Z17

// FMA2 adds one element of a times the row of b to a row of the tile.
#define FMA2(mem, t, z0, z1) \
	VBROADCASTSS mem, t; \
	VFMADD231PS  Z16, t, z0; \
	VFMADD231PS  Z17, t, z1

// STEP8 adds one step along k to eight rows.
#define STEP8 \
	FMA2((SI), Z18, Z0, Z1); \
	FMA2((SI)(R8*1), Z19, Z2, Z3); \
	FMA2((SI)(R8*2), Z20, Z4, Z5); \
	FMA2((SI)(R10*1), Z21, Z6, Z7); \
	FMA2((R11), Z22, Z8, Z9); \
	FMA2((R11)(R8*1), Z23, Z10, Z11); \
	FMA2((R11)(R8*2), Z24, Z12, Z13); \
	FMA2((R11)(R10*1), Z25, Z14, Z15); \
	ADDQ R9, SI; \
	ADDQ R9, R11; \
	ADDQ $128, BX

#define FETCH(mem) \
	PREFETCHT0 mem; \
	PREFETCHT0 64 mem

// func tileAVX512(t *tile)
TEXT ·tileAVX512(SB), NOSPLIT, $16-8
	MOVQ t+0(FP), DI
	SETUP
	MOVQ tile_rows(DI), AX
	CMPQ AX, $4
	JGT  eight
	JEQ  four

	ZERO2(Z0, Z1)
	ZERO2(Z2, Z3)
	TESTQ R13, R13
	JZ    loop2
	LOAD2(Z0, Z1)
	LOAD2(Z2, Z3)

loop2:
	B2
	FMA2((SI), Z18, Z0, Z1)
	FMA2((SI)(R8*1), Z19, Z2, Z3)
	ADDQ R9, SI
	ADDQ $128, BX
	DECQ CX
	JNZ  loop2
	STORE2(Z0, Z1)
	STORE2(Z2, Z3)
	VZEROUPPER
	RET

four:
	ZERO2(Z0, Z1)
	ZERO2(Z2, Z3)
	ZERO2(Z4, Z5)
	ZERO2(Z6, Z7)
	TESTQ R13, R13
	JZ    loop4
	LOAD2(Z0, Z1)
	LOAD2(Z2, Z3)
	LOAD2(Z4, Z5)
	LOAD2(Z6, Z7)

loop4:
	B2
	FMA2((SI), Z18, Z0, Z1)
	FMA2((SI)(R8*1), Z19, Z2, Z3)
	FMA2((SI)(R8*2), Z20, Z4, Z5)
	FMA2((SI)(R10*1), Z21, Z6, Z7)
	ADDQ R9, SI
	ADDQ $128, BX
	DECQ CX
	JNZ  loop4
	STORE2(Z0, Z1)
	STORE2(Z2, Z3)
	STORE2(Z4, Z5)
	STORE2(Z6, Z7)
	VZEROUPPER
	RET

eight:
	MOVQ tile_times(DI), AX
	MOVQ AX, left-8(SP)
	MOVQ tile_fetch(DI), R15

again:
	LEAQ (SI)(R8*4), R11
	MOVQ SI, from-16(SP)

	// The rows of c are needed after the loop: fetch them during it.
	LEAQ (R12)(R12*2), R14
	LEAQ (DX)(R12*4), AX
	FETCH((DX))
	FETCH((DX)(R12*1))
	FETCH((DX)(R12*2))
	FETCH((DX)(R14*1))
	FETCH((AX))
	FETCH((AX)(R12*1))
	FETCH((AX)(R12*2))
	FETCH((AX)(R14*1))
	ZERO2(Z0, Z1)
	ZERO2(Z2, Z3)
	ZERO2(Z4, Z5)
	ZERO2(Z6, Z7)
	ZERO2(Z8, Z9)
	ZERO2(Z10, Z11)
	ZERO2(Z12, Z13)
	ZERO2(Z14, Z15)
	TESTQ R13, R13
	JZ    begin8
	LOAD2(Z0, Z1)
	LOAD2(Z2, Z3)
	LOAD2(Z4, Z5)
	LOAD2(Z6, Z7)
	LOAD2(Z8, Z9)
	LOAD2(Z10, Z11)
	LOAD2(Z12, Z13)
	LOAD2(Z14, Z15)

begin8:
	TESTQ R15, R15
	JZ    loop8

	// The first tile of a panel also fetches the next panel.
fetch8:
	B2
	PREFETCHT1 (R15)
	PREFETCHT1 64(R15)
	ADDQ $128, R15
	STEP8
	DECQ CX
	JNZ  fetch8
	XORQ R15, R15
	JMP  store8

loop8:
	B2
	STEP8
	DECQ CX
	JNZ  loop8

store8:
	STORE2(Z0, Z1)
	STORE2(Z2, Z3)
	STORE2(Z4, Z5)
	STORE2(Z6, Z7)
	STORE2(Z8, Z9)
	STORE2(Z10, Z11)
	STORE2(Z12, Z13)
	STORE2(Z14, Z15)
	DECQ left-8(SP)
	JZ   done8
	MOVQ tile_aNext(DI), SI
	SHLQ $2, SI
	ADDQ from-16(SP), SI
	MOVQ tile_b(DI), BX
	MOVQ tile_inner(DI), CX
	JMP  again

done8:
	VZEROUPPER
	RET

// func stripsAVX512(t *tile)
//
// One row of t.strips strips of 16 columns, two a panel, t.bNext apart: the
// chains of one panel alone would wait for each other.
TEXT ·stripsAVX512(SB), NOSPLIT, $0-8
	MOVQ t+0(FP), DI
	SETUP
	MOVQ tile_bNext(DI), R8
	SHLQ $2, R8
	LEAQ (R8)(R8*2), R10
	MOVQ tile_strips(DI), AX
	ZERO2(Z0, Z1)
	ZERO2(Z2, Z3)
	CMPQ AX, $2
	JEQ  strips2
	JLT  strips1
	CMPQ AX, $4
	JEQ  strips4
	JLT  strips3

	ZERO2(Z4, Z5)
	ZERO2(Z6, Z7)
	TESTQ R13, R13
	JZ    loop8
	VMOVUPS (R13), Z0
	VMOVUPS 64(R13), Z1
	VMOVUPS 128(R13), Z2
	VMOVUPS 192(R13), Z3
	VMOVUPS 256(R13), Z4
	VMOVUPS 320(R13), Z5
	VMOVUPS 384(R13), Z6
	VMOVUPS 448(R13), Z7

loop8:
	VBROADCASTSS (SI), Z16
	VFMADD231PS  (BX), Z16, Z0
	VFMADD231PS  64(BX), Z16, Z1
	VFMADD231PS  (BX)(R8*1), Z16, Z2
	VFMADD231PS  64(BX)(R8*1), Z16, Z3
	VFMADD231PS  (BX)(R8*2), Z16, Z4
	VFMADD231PS  64(BX)(R8*2), Z16, Z5
	VFMADD231PS  (BX)(R10*1), Z16, Z6
	VFMADD231PS  64(BX)(R10*1), Z16, Z7
	ADDQ         R9, SI
	ADDQ         $128, BX
	DECQ         CX
	JNZ          loop8
	VMOVUPS      Z0, (DX)
	VMOVUPS      Z1, 64(DX)
	VMOVUPS      Z2, 128(DX)
	VMOVUPS      Z3, 192(DX)
	VMOVUPS      Z4, 256(DX)
	VMOVUPS      Z5, 320(DX)
	VMOVUPS      Z6, 384(DX)
	VMOVUPS      Z7, 448(DX)
	VZEROUPPER
	RET

strips4:
	TESTQ R13, R13
	JZ    loop4
	VMOVUPS (R13), Z0
	VMOVUPS 64(R13), Z1
	VMOVUPS 128(R13), Z2
	VMOVUPS 192(R13), Z3

loop4:
	VBROADCASTSS (SI), Z16
	VFMADD231PS  (BX), Z16, Z0
	VFMADD231PS  64(BX), Z16, Z1
	VFMADD231PS  (BX)(R8*1), Z16, Z2
	VFMADD231PS  64(BX)(R8*1), Z16, Z3
	ADDQ         R9, SI
	ADDQ         $128, BX
	DECQ         CX
	JNZ          loop4
	VMOVUPS      Z0, (DX)
	VMOVUPS      Z1, 64(DX)
	VMOVUPS      Z2, 128(DX)
	VMOVUPS      Z3, 192(DX)
	VZEROUPPER
	RET

strips3:
	TESTQ R13, R13
	JZ    loop3
	VMOVUPS (R13), Z0
	VMOVUPS 64(R13), Z1
	VMOVUPS 128(R13), Z2

loop3:
	VBROADCASTSS (SI), Z16
	VFMADD231PS  (BX), Z16, Z0
	VFMADD231PS  64(BX), Z16, Z1
	VFMADD231PS  (BX)(R8*1), Z16, Z2
	ADDQ         R9, SI
	ADDQ         $128, BX
	DECQ         CX
	JNZ          loop3
	VMOVUPS      Z0, (DX)
	VMOVUPS      Z1, 64(DX)
	VMOVUPS      Z2, 128(DX)
	VZEROUPPER
	RET

strips2:
	TESTQ R13, R13
	JZ    loop2
	VMOVUPS (R13), Z0
	VMOVUPS 64(R13), Z1

loop2:
	VBROADCASTSS (SI), Z16
	VFMADD231PS  (BX), Z16, Z0
	VFMADD231PS  64(BX), Z16, Z1
	ADDQ         R9, SI
	ADDQ         $128, BX
	DECQ         CX
	JNZ          loop2
	VMOVUPS      Z0, (DX)
	VMOVUPS      Z1, 64(DX)
	VZEROUPPER
	RET

strips1:
	TESTQ R13, R13
	JZ    loop1
	VMOVUPS (R13), Z0

loop1:
	VBROADCASTSS (SI), Z16
	VFMADD231PS  (BX), Z16, Z0
	ADDQ         R9, SI
	ADDQ         $128, BX
	DECQ         CX
	JNZ          loop1
	VMOVUPS      Z0, (DX)
	VZEROUPPER
	RET

// func fetchAVX2(p *float32, n int)
//
// Fetches n lines of the cache, at least one.
TEXT ·fetchAVX2(SB), NOSPLIT, $0-16
	MOVQ p+0(FP), SI
	MOVQ n+8(FP), CX

fetch:
	PREFETCHT0 (SI)
	ADDQ $64, SI
	DECQ CX
	JNZ  fetch
	RET

// ---- AVX2: up to 6 rows of 16 columns, the left half and then the right ----

#define YZERO2(y0, y1) \
	VXORPS y0, y0, y0; \
	VXORPS y1, y1, y1

#define YLOAD2(y0, y1) \
	VMOVUPS (R13), y0; \
	VMOVUPS 32(R13), y1; \
	ADDQ    R12, R13

#define YSTORE2(y0, y1) \
	VMOVUPS y0, (DX); \
	VMOVUPS y1, 32(DX); \
	ADDQ    R12, DX

#define YB2 \
	VMOVUPS (BX), Y12; \
	VMOVUPS 32(BX), Y13

#define YFMA2(mem, t, y0, y1) \
	VBROADCASTSS mem, t; \
	VFMADD231PS  Y12, t, y0; \
	VFMADD231PS  Y13, t, y1

// RIGHT moves to the right half: AX is 1 before the last half.
#define RIGHT \
	MOVQ tile_a(DI), SI; \
	MOVQ tile_b(DI), BX; \
	MOVQ tile_c(DI), DX; \
	MOVQ tile_add(DI), R13; \
	MOVQ tile_inner(DI), CX; \
	ADDQ $64, BX; \
	ADDQ $64, DX

// func tileAVX2(t *tile)
TEXT ·tileAVX2(SB), NOSPLIT, $24-8
	MOVQ t+0(FP), DI
	SETUP
	MOVQ tile_rows(DI), R14
	XORQ AX, AX
	CMPQ R14, $4
	JGT  six
	JEQ  four

two:
	YZERO2(Y0, Y1)
	YZERO2(Y2, Y3)
	TESTQ R13, R13
	JZ    loop2
	LEAQ  (R13)(AX*1), R13
	YLOAD2(Y0, Y1)
	YLOAD2(Y2, Y3)

loop2:
	YB2
	YFMA2((SI), Y14, Y0, Y1)
	YFMA2((SI)(R8*1), Y15, Y2, Y3)
	ADDQ R9, SI
	ADDQ $128, BX
	DECQ CX
	JNZ  loop2
	YSTORE2(Y0, Y1)
	YSTORE2(Y2, Y3)
	TESTQ AX, AX
	JNZ   done
	RIGHT
	MOVQ  $64, AX
	JMP   two

four:
	YZERO2(Y0, Y1)
	YZERO2(Y2, Y3)
	YZERO2(Y4, Y5)
	YZERO2(Y6, Y7)
	TESTQ R13, R13
	JZ    loop4
	LEAQ  (R13)(AX*1), R13
	YLOAD2(Y0, Y1)
	YLOAD2(Y2, Y3)
	YLOAD2(Y4, Y5)
	YLOAD2(Y6, Y7)

loop4:
	YB2
	YFMA2((SI), Y14, Y0, Y1)
	YFMA2((SI)(R8*1), Y15, Y2, Y3)
	YFMA2((SI)(R8*2), Y14, Y4, Y5)
	YFMA2((SI)(R10*1), Y15, Y6, Y7)
	ADDQ R9, SI
	ADDQ $128, BX
	DECQ CX
	JNZ  loop4
	YSTORE2(Y0, Y1)
	YSTORE2(Y2, Y3)
	YSTORE2(Y4, Y5)
	YSTORE2(Y6, Y7)
	TESTQ AX, AX
	JNZ   done
	RIGHT
	MOVQ  $64, AX
	JMP   four

six:
	MOVQ tile_times(DI), R11
	MOVQ R11, left-8(SP)
	MOVQ $0, aAt-16(SP)
	MOVQ $0, cAt-24(SP)

half:
	LEAQ (SI)(R10*1), R11
	YZERO2(Y0, Y1)
	YZERO2(Y2, Y3)
	YZERO2(Y4, Y5)
	YZERO2(Y6, Y7)
	YZERO2(Y8, Y9)
	YZERO2(Y10, Y11)
	TESTQ R13, R13
	JZ    loop6
	LEAQ  (R13)(AX*1), R13
	YLOAD2(Y0, Y1)
	YLOAD2(Y2, Y3)
	YLOAD2(Y4, Y5)
	YLOAD2(Y6, Y7)
	YLOAD2(Y8, Y9)
	YLOAD2(Y10, Y11)

loop6:
	YB2
	YFMA2((SI), Y14, Y0, Y1)
	YFMA2((SI)(R8*1), Y15, Y2, Y3)
	YFMA2((SI)(R8*2), Y14, Y4, Y5)
	YFMA2((R11), Y15, Y6, Y7)
	YFMA2((R11)(R8*1), Y14, Y8, Y9)
	YFMA2((R11)(R8*2), Y15, Y10, Y11)
	ADDQ R9, SI
	ADDQ R9, R11
	ADDQ $128, BX
	DECQ CX
	JNZ  loop6
	YSTORE2(Y0, Y1)
	YSTORE2(Y2, Y3)
	YSTORE2(Y4, Y5)
	YSTORE2(Y6, Y7)
	YSTORE2(Y8, Y9)
	YSTORE2(Y10, Y11)
	XORQ  $64, AX
	JNZ   next
	DECQ  left-8(SP)
	JZ    done
	MOVQ  tile_aNext(DI), R11
	SHLQ  $2, R11
	ADDQ  R11, aAt-16(SP)
	LEAQ  (R12)(R12*2), R11
	ADDQ  R11, R11
	ADDQ  R11, cAt-24(SP)

next:
	MOVQ  tile_a(DI), SI
	ADDQ  aAt-16(SP), SI
	MOVQ  tile_b(DI), BX
	ADDQ  AX, BX
	MOVQ  tile_c(DI), DX
	ADDQ  AX, DX
	ADDQ  cAt-24(SP), DX
	MOVQ  tile_inner(DI), CX
	MOVQ  tile_add(DI), R13
	TESTQ R13, R13
	JZ    half
	ADDQ  cAt-24(SP), R13
	JMP   half

done:
	VZEROUPPER
	RET

#define YWIDE4(m0, m1, m2, m3, y0, y1, y2, y3) \
	VFMADD231PS m0, Y8, y0; \
	VFMADD231PS m1, Y8, y1; \
	VFMADD231PS m2, Y8, y2; \
	VFMADD231PS m3, Y8, y3

// func stripsAVX2(t *tile)
//
// One row of one panel, or of two, t.bNext apart.
TEXT ·stripsAVX2(SB), NOSPLIT, $0-8
	MOVQ t+0(FP), DI
	SETUP
	MOVQ tile_bNext(DI), R8
	SHLQ $2, R8
	CMPQ tile_strips(DI), $2
	YZERO2(Y0, Y1)
	YZERO2(Y2, Y3)
	JEQ  one
	YZERO2(Y4, Y5)
	YZERO2(Y6, Y7)
	TESTQ R13, R13
	JZ    loop2
	VMOVUPS (R13), Y0
	VMOVUPS 32(R13), Y1
	VMOVUPS 64(R13), Y2
	VMOVUPS 96(R13), Y3
	VMOVUPS 128(R13), Y4
	VMOVUPS 160(R13), Y5
	VMOVUPS 192(R13), Y6
	VMOVUPS 224(R13), Y7

loop2:
	VBROADCASTSS (SI), Y8
	YWIDE4((BX), 32(BX), 64(BX), 96(BX), Y0, Y1, Y2, Y3)
	YWIDE4((BX)(R8*1), 32(BX)(R8*1), 64(BX)(R8*1), 96(BX)(R8*1), Y4, Y5, Y6, Y7)
	ADDQ R9, SI
	ADDQ $128, BX
	DECQ CX
	JNZ  loop2
	VMOVUPS Y0, (DX)
	VMOVUPS Y1, 32(DX)
	VMOVUPS Y2, 64(DX)
	VMOVUPS Y3, 96(DX)
	VMOVUPS Y4, 128(DX)
	VMOVUPS Y5, 160(DX)
	VMOVUPS Y6, 192(DX)
	VMOVUPS Y7, 224(DX)
	VZEROUPPER
	RET

one:
	TESTQ R13, R13
	JZ    loop1
	VMOVUPS (R13), Y0
	VMOVUPS 32(R13), Y1
	VMOVUPS 64(R13), Y2
	VMOVUPS 96(R13), Y3

loop1:
	VBROADCASTSS (SI), Y8
	YWIDE4((BX), 32(BX), 64(BX), 96(BX), Y0, Y1, Y2, Y3)
	ADDQ R9, SI
	ADDQ $128, BX
	DECQ CX
	JNZ  loop1
	VMOVUPS Y0, (DX)
	VMOVUPS Y1, 32(DX)
	VMOVUPS Y2, 64(DX)
	VMOVUPS Y3, 96(DX)
	VZEROUPPER
	RET
