/* The few calls of libx264 that the encoder needs, behind plain integers and pointers.
 *
 * x264_param_t and the name of x264_encoder_open change with every build of the library, so the only
 * reliable reader of its header is a C compiler. The structs here are mirrored in src/h264/ffi.rs. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <x264.h>

_Static_assert(X264_MBINFO_CONSTANT == 1, "src/h264/still.rs marks macroblocks with a one");

struct rate {
    int32_t qp; /* the middle of those that pictures bring; negative: constant bit rate with the two numbers below */
    int32_t kbps;
    int32_t vbv_kbit;
};

struct config {
    int32_t width;
    int32_t height;
    int32_t full_colour;
    int32_t threads;
    int32_t millihertz;
    struct rate rate;
};

struct output {
    size_t bytes;
    int32_t keyframe;
    int32_t qp;
};

struct encoder {
    x264_t *x264;
    x264_nal_t *nals;
    int nal_count;
    int64_t pts;
    int width;
    int height;
    int csp;
    x264_image_t shown; /* what decoders show: the library's own picture, valid until the next one */
    int opening;
    char complaint[200];
};

static void note(void *private, int level, const char *format, va_list arguments)
{
    struct encoder *encoder = private;
    if (encoder->opening && level == X264_LOG_ERROR)
        vsnprintf(encoder->complaint, sizeof encoder->complaint, format, arguments);
}

static void set_rate(x264_param_t *param, const struct rate *rate)
{
    if (rate->qp >= 0) {
        param->rc.i_rc_method = X264_RC_CQP;
        param->rc.i_qp_constant = rate->qp;
        /* These spread what a picture may bring: 20 steps (6 * log2(10)) to either side. */
        param->rc.f_ip_factor = 10;
        param->rc.f_pb_factor = 10;
    } else {
        param->rc.i_rc_method = X264_RC_ABR;
        param->rc.i_bitrate = rate->kbps;
        param->rc.i_vbv_max_bitrate = rate->kbps;
        param->rc.i_vbv_buffer_size = rate->vbv_kbit;
    }
}

struct encoder *selkies_x264_open(const struct config *config, char *why, size_t why_size)
{
    x264_param_t param;
    struct encoder *encoder = calloc(1, sizeof *encoder);
    if (!encoder) {
        snprintf(why, why_size, "out of memory");
        return NULL;
    }
    if (x264_param_default_preset(&param, "ultrafast", "zerolatency") < 0) {
        snprintf(why, why_size, "the preset ultrafast with zerolatency is unknown");
        free(encoder);
        return NULL;
    }
    encoder->csp = config->full_colour ? X264_CSP_I444 : X264_CSP_I420;
    encoder->width = config->width;
    encoder->height = config->height;
    encoder->opening = 1;

    param.i_log_level = X264_LOG_ERROR;
    param.pf_log = note;
    param.p_log_private = encoder;

    param.i_width = config->width;
    param.i_height = config->height;
    param.i_csp = encoder->csp;
    param.i_fps_num = (uint32_t)config->millihertz;
    param.i_fps_den = 1000;
    param.b_vfr_input = 0;

    /* Left alone, zerolatency asks for as many slices as there are processors. */
    param.i_threads = config->threads;
    param.b_sliced_threads = config->threads > 1;

    param.i_keyint_max = X264_KEYINT_MAX_INFINITE;
    param.i_scenecut_threshold = 0;
    param.i_bframe = 0;
    param.b_repeat_headers = 1;
    param.b_annexb = 1;
    param.b_aud = 0;
    param.analyse.b_mb_info = 1;
    param.i_nal_hrd = X264_NAL_HRD_NONE;

    param.vui.b_fullrange = config->full_colour ? 1 : 0;
    param.vui.i_colorprim = 1; /* 1 is BT.709 in tables E-3, E-4 and E-5 of ITU-T H.264 */
    param.vui.i_transfer = 1;
    param.vui.i_colmatrix = 1;

    set_rate(&param, &config->rate);

    if (x264_param_apply_profile(&param, config->full_colour ? "high444" : "baseline") < 0)
        snprintf(encoder->complaint, sizeof encoder->complaint, "the profile is not built in");
    else
        encoder->x264 = x264_encoder_open(&param);
    encoder->opening = 0;

    if (!encoder->x264) {
        encoder->complaint[strcspn(encoder->complaint, "\n")] = '\0';
        snprintf(why, why_size, "%s", encoder->complaint[0] ? encoder->complaint : "it gives no reason");
        free(encoder);
        return NULL;
    }
    return encoder;
}

/* SEI messages here only ever carry the library's self-portrait. */
static int is_sent(const x264_nal_t *nal)
{
    return nal->i_type != NAL_SEI;
}

struct plane {
    const uint8_t *given;
    int stride;
    const uint8_t *shown;
    int shown_stride;
    int step; /* from one sample to the next in what is shown: its chroma planes are interleaved */
    int block;
    int width;
    int height;
};

/* One plane: what is shown where a macroblock is marked, what was given elsewhere. */
static void compose(const struct plane *plane, const uint8_t *still, int columns, uint8_t *into)
{
    for (int y = 0; y < plane->height; y++, into += plane->width) {
        const uint8_t *marks = still + (size_t)(y / plane->block) * (size_t)columns;
        const uint8_t *given = plane->given + (size_t)y * (size_t)plane->stride;
        const uint8_t *shown = plane->shown + (ptrdiff_t)y * plane->shown_stride;
        for (int x = 0, end; x < plane->width; x = end) {
            int mark = marks[x / plane->block];
            for (end = x; end < plane->width && marks[end / plane->block] == mark;)
                end += plane->block;
            if (end > plane->width)
                end = plane->width;
            if (!mark)
                memcpy(into + x, given + x, (size_t)(end - x));
            else if (plane->step == 1)
                memcpy(into + x, shown + x, (size_t)(end - x));
            else
                for (int i = x; i < end; i++)
                    into[i] = shown[i * 2];
        }
    }
}

/* libx264 takes a macroblock that is marked as still for a chance to make it finer whenever the picture
 * is. Where it is given what is shown already there is nothing to make finer. The caller frees it. */
static uint8_t *keep_still(const struct encoder *encoder, const uint8_t *still, x264_image_t *image)
{
    const x264_image_t *shown = &encoder->shown;
    int shared = encoder->csp == X264_CSP_I420;
    int columns = (encoder->width + 15) / 16;
    size_t luma = (size_t)encoder->width * (size_t)encoder->height;
    uint8_t *all, *into;
    if (shown->i_plane != (shared ? 2 : 3))
        return NULL;
    all = into = malloc(luma * 3);
    if (!all)
        return NULL;
    for (int i = 0; i < 3; i++) {
        int halved = shared && i > 0;
        int from = halved ? 1 : i;
        struct plane plane = {
            .given = image->plane[i],
            .stride = image->i_stride[i],
            .shown = shown->plane[from] + (halved ? i - 1 : 0),
            .shown_stride = shown->i_stride[from],
            .step = halved ? 2 : 1,
            .block = halved ? 8 : 16,
            .width = encoder->width >> halved,
            .height = encoder->height >> halved,
        };
        compose(&plane, still, columns, into);
        image->plane[i] = into;
        image->i_stride[i] = plane.width;
        into += (size_t)plane.width * (size_t)plane.height;
    }
    return all;
}

int selkies_x264_encode(struct encoder *encoder, const uint8_t *const planes[3], const int32_t strides[3],
                        const uint8_t *still, int32_t keep, int32_t idr, int32_t qp, struct output *output)
{
    uint8_t *kept = NULL;
    int failed;
    x264_picture_t in, out;
    x264_picture_init(&in);
    in.i_type = idr ? X264_TYPE_IDR : X264_TYPE_AUTO;
    in.i_qpplus1 = qp < 0 ? X264_QP_AUTO : qp + 1;
    in.i_pts = encoder->pts++;
    in.prop.mb_info = (uint8_t *)still; /* read only unless b_mb_info_update is set */
    in.img.i_csp = encoder->csp;
    in.img.i_plane = 3;
    for (int i = 0; i < 3; i++) {
        in.img.plane[i] = (uint8_t *)planes[i]; /* read only, the header merely lacks the const */
        in.img.i_stride[i] = strides[i];
    }

    encoder->nal_count = 0;
    if (keep && !(kept = keep_still(encoder, still, &in.img)))
        return -1;
    memset(&out, 0, sizeof out);
    failed = x264_encoder_encode(encoder->x264, &encoder->nals, &encoder->nal_count, &in, &out) < 0;
    free(kept);
    if (failed) {
        encoder->nal_count = 0;
        encoder->shown.i_plane = 0;
        return -1;
    }
    encoder->shown = out.img;
    output->bytes = 0;
    for (int i = 0; i < encoder->nal_count; i++)
        if (is_sent(&encoder->nals[i]))
            output->bytes += (size_t)encoder->nals[i].i_payload;
    output->keyframe = out.i_type == X264_TYPE_IDR;
    output->qp = out.i_qpplus1 - 1;
    return 0;
}

/* Copies what the last call of encode announced; the library's own memory is reused by the next one. */
void selkies_x264_take(const struct encoder *encoder, uint8_t *into)
{
    for (int i = 0; i < encoder->nal_count; i++) {
        const x264_nal_t *nal = &encoder->nals[i];
        if (is_sent(nal)) {
            memcpy(into, nal->p_payload, (size_t)nal->i_payload);
            into += nal->i_payload;
        }
    }
}

int selkies_x264_reconfigure(struct encoder *encoder, const struct rate *rate)
{
    x264_param_t param;
    x264_encoder_parameters(encoder->x264, &param);
    set_rate(&param, rate);
    return x264_encoder_reconfig(encoder->x264, &param);
}

int selkies_x264_held_back(const struct encoder *encoder)
{
    return x264_encoder_delayed_frames(encoder->x264);
}

void selkies_x264_close(struct encoder *encoder)
{
    x264_encoder_close(encoder->x264);
    free(encoder);
}

const char *selkies_x264_version(void)
{
    return X264_POINTVER;
}
