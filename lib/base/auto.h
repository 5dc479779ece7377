/** @file auto.h  Clean-up at the end of the block: `AUTO(json_decref) json_t *root = …;` */
#ifndef BASE_AUTO_H
#define BASE_AUTO_H

/** Define the clean-up of a pointer type: DEFINE_AUTO(FILE, fclose) */
#define DEFINE_AUTO(type, fn)                   \
	static inline void fn##_auto(type **pp) \
	{                                       \
		if (*pp)                        \
			fn(*pp);                \
	}

/** Attach it to a variable; set the variable to NULL to hand the object over */
#define AUTO(fn) __attribute__((cleanup(fn##_auto)))

#endif
